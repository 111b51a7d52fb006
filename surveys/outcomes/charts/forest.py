"""Estimates with their intervals, one under the other, and a line where nothing differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from surveys.outcomes.charts.axes import LINE, TITLE, Span, Tick, foot, ticks, widened
from surveys.outcomes.charts.ink import lines, marker, path, picture, words
from surveys.outcomes.charts.marks import Estimate
from surveys.outcomes.drawing import COLOURS, SHAPES
from surveys.outcomes.drawing import ROOM as MARGIN

WIDE = 400  # pixels from which a label carries its numbers
NO_AXIS = 45
HEADING, ROW, MIDDLE = 30, 44, 29
TICKS = 6


def forest_chart(
    estimates: Sequence[Estimate],
    headings: Mapping[str, str],
    title: Sequence[str],
    *,
    percent: bool,
    line: float | None,
    domain: tuple[float, float] | None = None,
    width: int,
) -> str:
    """Draw a point with its interval per estimate under its heading.

    ``percent``: values are fractions. ``line``: where nothing differs, None where there is no such place. ``domain``:
    the axis; None: as wide as the intervals.
    """
    narrow = width < WIDE
    width += NO_AXIS if narrow else 0
    low, high = domain or _span(estimates, line)
    x = Span(*(domain or widened(low, high)), 0, width)
    marks = _ticks(x, signed=line is not None) if percent else ticks(x.low, x.high, TICKS)
    rows, height = _rows(estimates, headings, x, x.at(low), line, short=narrow)
    parts = [*foot(x, height, marks, title), *rows]
    return picture(parts, (width, height), MARGIN["left"] + 1, MARGIN["top"], TITLE + LINE * (len(title) - 1) + 3)


def _span(estimates: Sequence[Estimate], line: float | None) -> tuple[float, float]:
    ends = list(chain.from_iterable(each.interval or (each.value,) for each in estimates))
    ends += [] if line is None else [line]
    low, high = min(ends), max(ends)
    return low - 0.05 * (high - low), high  # the labels begin left of a line at the lower end


def _ticks(x: Span, *, signed: bool) -> list[Tick]:
    """Per cent, with a sign where they are differences."""
    marks = ticks(100 * x.low, 100 * x.high, TICKS)
    return [(value / 100, f"{'+' if signed and value > 0 else ''}{words_}%") for value, words_ in marks]


def _rows(
    estimates: Sequence[Estimate],
    headings: Mapping[str, str],
    x: Span,
    left: float,
    line: float | None,
    *,
    short: bool,
) -> tuple[list[str], int]:
    """Every estimate with its words, under headings, and the whole height."""
    parts: list[str] = []
    top = 0
    for before, each in zip([None, *estimates], estimates, strict=False):
        if (before is None or before.under != each.under) and headings.get(each.under):
            top += HEADING
            parts.append(words((left, top - 9), headings[each.under], size=14, weight=700))
        parts += _estimate(each, x, top + MIDDLE, line)
        parts.append(words((left, top + 15), each.label if short else f"{each.label}: {each.words}"))
        top += ROW
    return parts, top


def _estimate(each: Estimate, x: Span, middle: float, line: float | None) -> Iterator[str]:
    """A point on its interval, and a piece of the line beside it, so that the line runs through no label."""
    colour = COLOURS[each.colour % len(COLOURS)]
    if line is not None:
        yield lines([(x.at(line), middle - 9, x.at(line), middle + 10)], thick=1.5, dash="3,2")
    if each.interval:
        yield path([(x.at(end), middle) for end in each.interval], colour, 2.2)
    yield marker(SHAPES[each.colour % len(SHAPES)], (x.at(each.value), middle), colour)
