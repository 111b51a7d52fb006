"""Shares of ordered levels as one bar per arm, the best level first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise

from surveys.outcomes.charts.axes import HALVES, SHARES, TITLE, Span, foot
from surveys.outcomes.charts.ink import boxes, picture, words
from surveys.outcomes.charts.marks import Stack
from surveys.outcomes.drawing import COLOURS
from surveys.outcomes.drawing import ROOM as MARGIN

ROOM = 400  # pixels from which the legend stands in two columns and labels carry words
NO_AXIS = 45
HEADING, ROW, LEGEND = 30, 44, 21
BLUE, SKY, ORANGE, RED, GREY = COLOURS[0], COLOURS[4], COLOURS[5], COLOURS[1], "#999999"
LOOKS = ((BLUE, 1.0), (SKY, 1.0), (SKY, 0.45), (GREY, 0.6), (ORANGE, 0.5), (ORANGE, 1.0), (RED, 1.0))  # best first
GAP = 0.003  # of the axis, free between two levels: where colours are not seen the edges are
CHIP = 0.035  # of the axis: the width of a legend's colour


def stacked_chart(
    stacks: Sequence[Stack], headings: Mapping[str, str], levels: Sequence[str], title: Sequence[str], *, width: int
) -> str:
    """Draw a bar per stack under its heading, below a legend of the ``levels``, seven at most."""
    narrow = width < ROOM
    width += NO_AXIS if narrow else 0
    columns, span = (1 if narrow else 2), Span(0, 1, 0, width)
    rows, height = _rows(stacks, headings, -(-len(levels) // columns) * LEGEND + 4, span, short=narrow)
    axis = foot(span, height, HALVES if narrow else SHARES, title, grid=False)
    parts = [*axis, *_legend(levels, columns, span), *rows]
    return picture(parts, (width, height), MARGIN["left"] + 1, MARGIN["top"], TITLE + 3)


def _legend(levels: Sequence[str], columns: int, span: Span) -> Iterator[str]:
    """A chip with its words per level, down the columns."""
    per = -(-len(levels) // columns)
    wide = CHIP * columns**-0.4
    for at, (said, look) in enumerate(zip(levels, LOOKS, strict=False)):
        left, top = (at // per) / columns, (at % per) * LEGEND
        yield boxes([(span.at(left), top + 3, span.at(left + wide), top + 16)], *look)
        yield words((span.at(left + wide + 0.02), top + 14), said)


def _rows(
    stacks: Sequence[Stack], headings: Mapping[str, str], top: int, span: Span, *, short: bool
) -> tuple[list[str], int]:
    """Every bar with its line of text, under headings, and the whole height."""
    parts: list[str] = []
    for before, stack in zip([None, *stacks], stacks, strict=False):
        if before is None or before.under != stack.under:
            top += HEADING
            parts.append(words((0, top - 9), headings[stack.under], size=14, weight=700))
        parts.append(words((0, top + 13), stack.words[short]))
        parts += _bar(stack, top, span)
        top += ROW
    return parts, top


def _bar(stack: Stack, top: int, span: Span) -> Iterator[str]:
    ends = [0, *accumulate(stack.counts)]
    for (low, high), look in zip(pairwise(ends), LOOKS, strict=False):
        if high > low:
            right = max(high / ends[-1] - GAP, low / ends[-1])
            yield boxes([(span.at(low / ends[-1]), top + 20, span.at(right), top + 38)], *look)
