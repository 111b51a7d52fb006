"""One process of a worker at a time, while the others do something else."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


class Alone:
    """A lock among the processes that a worker forks: the file is opened before, their locks on it are their own."""

    def __init__(self) -> None:
        with tempfile.TemporaryFile() as opened:
            self._file = os.dup(opened.fileno())  # as long as the process

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Whether nobody else has it; until the block's end, or this process's, nobody will."""
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        try:
            yield True
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)
