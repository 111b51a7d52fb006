"""The numbers of patients under a plot, one line per arm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from surveys.outcomes.charts.axes import TITLE, Span
from surveys.outcomes.charts.ink import room_for, within, words

LINE, SMALL, NAMES = 22, 10.5, 12  # pixels: from one line to the next, the type of numbers and of arms
FIRST = TITLE + 21  # pixels from the plot to the first line


@dataclass(frozen=True, slots=True)
class Beneath:
    """``lines``: months with how many patients, by arm; an arm's name is cut to ``room`` pixels."""

    lines: Mapping[str, Sequence[tuple[float, int]]]
    x: Span
    room: float

    @property
    def left(self) -> float:
        """Pixels that names take left of the plot."""
        names = (room_for(within(name, self.room, NAMES), NAMES) for name in self.lines)
        return max(names, default=0) - self._edge()

    @property
    def below(self) -> float:
        """Pixels that the lines take under the plot, its axis included."""
        return FIRST + LINE * (len(self.lines) - 1) + 8

    def drawn(self, height: float) -> Iterator[str]:
        """The lines under a plot of a height; numbers that would touch the one before are left out."""
        for down, (name, counts) in enumerate(self.lines.items()):
            base, free = height + FIRST + LINE * down, float("-inf")
            yield words((self._edge(), base), within(name, self.room, NAMES), anchor="end", size=NAMES)
            for months, n in sorted(counts):
                x, wide = self.x.at(months), room_for(str(n), SMALL)
                if x - wide / 2 > free:
                    free = x + wide / 2 + 6
                    yield words((x, base), str(n), anchor="middle", size=SMALL)

    def _edge(self) -> float:
        """Where names end: left of the plot, and of every number."""
        numbers = (
            self.x.at(months) - room_for(str(n), SMALL) / 2 - 8 for own in self.lines.values() for months, n in own
        )
        return min(-2, *numbers)
