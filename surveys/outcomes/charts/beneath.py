"""The numbers of patients under a plot: each arm's name, and below it how many there were at each time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from surveys.outcomes.charts.axes import TITLE, Span
from surveys.outcomes.charts.ink import room_for, within, words

NUMBERS, ARM, SMALL, NAMES = 15, 35, 11, 12  # pixels: name to numbers, arm to arm, the type of numbers and of names
FIRST = TITLE + 23  # pixels from the plot to the first name


@dataclass(frozen=True, slots=True)
class Beneath:
    """``lines``: months with how many patients, by arm; a name longer than the plot is cut."""

    lines: Mapping[str, Sequence[tuple[float, int]]]
    x: Span

    @property
    def below(self) -> float:
        """Pixels that the lines take under the plot, its axis included."""
        return FIRST + ARM * (len(self.lines) - 1) + NUMBERS + 8

    def drawn(self, height: float) -> Iterator[str]:
        """The lines under a plot of a height; numbers that would touch the one before are left out."""
        for down, (name, counts) in enumerate(self.lines.items()):
            base, free = height + FIRST + ARM * down, float("-inf")
            yield words((self.x.begin, base), within(name, self.x.end - self.x.begin, NAMES), size=NAMES)
            for months, n in sorted(counts):
                x, wide = self.x.at(months), room_for(str(n), SMALL)
                if x - wide / 2 > free:
                    free = x + wide / 2 + 6
                    yield words((x, base + NUMBERS), str(n), anchor="middle", size=SMALL)
