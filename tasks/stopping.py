"""Whether this worker was asked to stop, seen by its forked processes too: they finish the message in hand."""

from __future__ import annotations

import mmap

_shared = mmap.mmap(-1, 1)  # anonymous and shared: a process forked later sees what the main one writes


def ask(*_args: object, **_named: object) -> None:
    """Ask every process of this worker to take nothing more."""
    _shared[0] = 1


def asked() -> bool:
    """Return whether to stop after the message in hand."""
    return bool(_shared[0])
