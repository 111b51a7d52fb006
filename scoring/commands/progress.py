"""Words on stderr while a command works, so that nobody takes it for dead."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

QUIET_SECONDS = 2.0  # work shorter than this says nothing
EVERY_SECONDS = 5.0  # between two lines where stderr is a file
EVERY_BLINK = 0.2  # between two updates of the line on a terminal


class Progress:
    """One line on a terminal, written over; a line now and then in a file."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._begun = self._last = time.monotonic()
        self._said = False

    def at(self, done: str) -> None:
        """Say how far the work is, for instance ``34 %``, unless it has just been said."""
        now = time.monotonic()
        terminal = sys.stderr.isatty()
        if now - self._begun < QUIET_SECONDS or now - self._last < (EVERY_BLINK if terminal else EVERY_SECONDS):
            return
        self._last, self._said = now, True
        sys.stderr.write(f"\r\x1b[K{self._what}: {done}" if terminal else f"{self._what}: {done}\n")
        sys.stderr.flush()

    def end(self) -> None:
        """Clear the line of a terminal."""
        if self._said and sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def progress(items: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """Pass items on, saying on stderr how many are done once that takes more than two seconds."""
    line = Progress(what)
    try:
        for number, item in enumerate(items):
            line.at(f"{number:,}" if total is None else f"{number:,} of {total:,}")
            yield item
    finally:
        line.end()
