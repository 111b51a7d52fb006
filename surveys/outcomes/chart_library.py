"""The chart library, loaded in a fifth of the time that it would take by itself.

It loads jsonschema, which then builds grammars of international addresses for over two seconds of a busy core; no
chart holds such an address.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

GRAMMARS = "rfc3987_syntax"  # jsonschema does without where it is not installed


@contextmanager
def _not_installed(name: str) -> Iterator[None]:
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # importing it now raises ImportError
    try:
        yield
    finally:
        del sys.modules[name]


with _not_installed(GRAMMARS):
    import altair as alt

__all__ = ["alt"]
