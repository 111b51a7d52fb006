"""Straight axes: where a value stands, round places along them, and how they are drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10, sqrt

from surveys.outcomes.charts.ink import lines, room_for, words

TICK, BASE, TITLE, LINE = 5, 17, 38, 15  # pixels below a plot: a tick's end, base lines of labels, title, its next line
BETWEEN = 7  # pixels from one label of an axis to the next: a minus is wider than a character is on the average
GRID = 0.14  # opacity of the lines across a plot
STEPS = ((sqrt(50), 10), (sqrt(10), 5), (sqrt(2), 2), (0.0, 1))
Tick = tuple[float, str]  # a value, and what stands at it
SHARES: tuple[Tick, ...] = tuple((at / 5, f"{20 * at}%") for at in range(6))
HALVES: tuple[Tick, ...] = ((0.0, "0%"), (0.5, "50%"), (1.0, "100%"))


@dataclass(frozen=True, slots=True)
class Span:
    """Values from ``low`` to ``high`` stand at the pixels from ``begin`` to ``end``."""

    low: float
    high: float
    begin: float
    end: float

    def at(self, value: float) -> float:
        """The pixel of a value; all of them stand at the beginning where there is but one."""
        wide = self.high - self.low
        return self.begin + (value - self.low) / wide * (self.end - self.begin) if wide else self.begin


def step_of(low: float, high: float, count: int) -> float:
    """1, 2 or 5 times a power of ten, so that about ``count`` of them lie between two values; ``low`` is below."""
    power = 10.0 ** floor(log10((high - low) / count))
    rest = (high - low) / count / power
    return power * next(factor for limit, factor in STEPS if rest >= limit)


def ticks(low: float, high: float, count: int) -> list[Tick]:
    """Round places from ``low`` to ``high`` with their numbers."""
    if high <= low:
        return [(low, f"{low:g}")]
    step = step_of(low, high, count)
    digits = max(0, -floor(log10(step)))
    places = [step * at for at in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]
    return [(place, f"{place + 0.0:,.{digits}f}".replace("-", "−")) for place in places]


def months_between(first: float, last: float) -> list[Tick]:
    """Months at which visits usually are, as far apart as the time allows."""
    step = 3 if last - first <= 15 else 6 if last - first <= 30 else 12
    return [(month, f"{month}".replace("-", "−")) for month in range(step * ceil(first / step), int(last) + 1, step)]


def widened(low: float, high: float) -> tuple[float, float]:
    """Round ends around two values, a tenth of their distance apart from them at the most."""
    if high <= low:
        return low, low + 1
    step = step_of(low, high, 10)
    return step * floor(low / step + 1e-9), step * ceil(high / step - 1e-9)


def foot(span: Span, height: float, at: Sequence[Tick], title: Sequence[str], *, grid: bool = True) -> Iterator[str]:
    """The axis below a plot, with lines across it; labels that would touch the one before are left out."""
    places = [span.at(value) + 0.5 for value, _label in at]
    if grid:
        yield lines(((x, 0.5, x, height + 0.5) for x in places), opacity=GRID)
    axis = (span.begin + 0.5, height + 0.5, span.end + 0.5, height + 0.5)
    yield lines((axis, *((x, height + 0.5, x, height + 0.5 + TICK) for x in places)))
    yield from _labels(span, height + BASE, [(x, label) for x, (_value, label) in zip(places, at, strict=True)])
    middle = (span.begin + span.end) / 2
    for line, text in enumerate(title):
        yield words((middle, height + TITLE + LINE * line), text, anchor="middle")


def _labels(span: Span, base: float, at: Sequence[Tick]) -> Iterator[str]:
    free = float("-inf")
    for x, label in at:
        room = room_for(label)
        left = min(max(x - room / 2, span.begin), span.end - room)
        if left > free:
            free = left + room + BETWEEN
            anchor = "middle" if left == x - room / 2 else "start" if left == span.begin else "end"
            yield words((x, base), label, anchor=anchor)


def side(
    span: Span, width: float, at: Sequence[Tick], *, middle: float = 0, title: Sequence[str] = ()
) -> Iterator[str]:
    """The axis left of a plot, with lines across it; ``middle``: where its title has its centre."""
    places = [(span.at(value) + 0.5, label) for value, label in at]
    yield lines(((0.5, y, width + 0.5, y) for y, _label in places), opacity=GRID)
    yield lines(((0.5, span.begin + 0.5, 0.5, span.end + 0.5), *((0.5 - TICK, y, 0.5, y) for y, _label in places)))
    for y, label in places:
        yield words((-7, y + 3.5), label, anchor="end")
    left = 7 + max(room_for(label) for _value, label in at) + 10
    for line, text in enumerate(reversed(title)):
        yield words((-left - LINE * line, middle), text, anchor="middle", turned=True)


def room_of(at: Sequence[Tick], title: int) -> float:
    """Pixels that an axis takes left of its plot, with so many lines of title."""
    return 7 + max(room_for(label) for _value, label in at) + (10 + LINE * title if title else 0)
