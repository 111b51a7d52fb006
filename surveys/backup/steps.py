"""What a command reports while it goes on: each step with the time it took."""

from __future__ import annotations

from collections.abc import Callable


class Steps:
    """Calls ``say`` with one line per step; ``clock`` gives seconds that only go forward."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float]) -> None:
        self._say, self._clock = say, clock
        self._began = self._last = clock()

    def __call__(self, words: str) -> None:
        """Report one finished step."""
        at = self._clock()
        self._say(f"ok  {at - self._last:6.1f} s  {words}")
        self._last = at

    @property
    def total(self) -> float:
        """Seconds since the beginning."""
        return self._clock() - self._began
