"""Shares of ordered levels as one bar per arm, the best level first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

from surveys.outcomes.chart_library import alt
from surveys.outcomes.charts.marks import Stack
from surveys.outcomes.drawing import COLOURS, INK, Chart, configured, rows_chart

ROOM = 400  # pixels from which the legend stands in two columns and labels carry words
NO_AXIS = 45
HEADING, ROW, LEGEND = 30, 44, 21
BLUE, SKY, ORANGE, RED, GREY = COLOURS[0], COLOURS[4], COLOURS[5], COLOURS[1], "#999999"
LOOKS = ((BLUE, 1.0), (SKY, 1.0), (SKY, 0.45), (GREY, 0.6), (ORANGE, 0.5), (ORANGE, 1.0), (RED, 1.0))  # best first
GAP = 0.003  # of the axis, free between two levels: where colours are not seen the edges are


def stacked_chart(
    stacks: Sequence[Stack], headings: Mapping[str, str], levels: Sequence[str], title: Sequence[str], *, width: int
) -> Chart:
    """Draw a bar per stack under its heading, below a legend of the ``levels``, seven at most."""
    narrow = width < ROOM
    width += NO_AXIS if narrow else 0
    chips, top = _legend(levels, columns=1 if narrow else 2)
    parts, texts, height = _places(stacks, headings, top, short=narrow)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[height, 0], nice=False), axis=None)
    x = alt.X("left:Q", title=list(title), scale=alt.Scale(domain=[0, 1]), axis=_axis(narrow=narrow))
    colour, opacity = alt.Color("colour:N", scale=None, legend=None), alt.Opacity("opacity:Q", scale=None, legend=None)
    rect = rows_chart([*chips, *parts]).mark_rect(aria=False)
    drawn = rect.encode(x=x, x2=alt.X2("right:Q"), y=y, y2=alt.Y2("bottom:Q"), color=colour, opacity=opacity)
    words = [
        {"left": chip["right"] + 0.02, "y": chip["y"] + 14, "words": chip["words"], "bold": False} for chip in chips
    ]
    written = [*words, *texts]
    layers = [drawn]
    layers += [_text([row for row in written if row["bold"] is bold], x, y, bold=bold) for bold in (True, False)]
    return configured(alt.layer(*layers).properties(width=width, height=height))


def _axis(*, narrow: bool) -> alt.Axis:
    return alt.Axis(format="~%", grid=False, values=[0, 0.5, 1] if narrow else [0, 0.2, 0.4, 0.6, 0.8, 1])


def _legend(levels: Sequence[str], *, columns: int) -> tuple[list[dict[str, Any]], int]:
    """A chip with its words per level, down the columns; and where the bars begin."""
    per = -(-len(levels) // columns)
    width = 0.035 * columns**-0.4
    chips = []
    for at, words in enumerate(levels):
        left, top = (at // per) / columns, (at % per) * LEGEND
        place = {"left": left, "right": left + width, "y": top + 3, "bottom": top + 16}
        chips.append({**place, "words": words, "colour": LOOKS[at][0], "opacity": LOOKS[at][1]})
    return chips, per * LEGEND + 4


def _places(
    stacks: Sequence[Stack], headings: Mapping[str, str], top: int, *, short: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
    """Every part of every bar, every line of text, and the whole height."""
    parts: list[dict[str, Any]] = []
    texts: list[dict[str, Any]] = []
    for before, stack in zip([None, *stacks], stacks, strict=False):
        if before is None or before.under != stack.under:
            top += HEADING
            texts.append({"left": 0, "y": top - 6, "words": headings[stack.under], "bold": True})
        texts.append({"left": 0, "y": top + 16, "words": stack.words[short], "bold": False})
        parts += _bar(stack, top)
        top += ROW
    return parts, texts, top


def _bar(stack: Stack, top: int) -> list[dict[str, Any]]:
    ends = [0, *accumulate(stack.counts)]
    places = [(low / ends[-1], high / ends[-1]) for low, high in pairwise(ends)]
    return [
        {"left": low, "right": high - GAP, "y": top + 20, "bottom": top + 38, "colour": look[0], "opacity": look[1]}
        for (low, high), look in zip(places, LOOKS, strict=False)
        if high > low
    ]


def _text(rows: Sequence[dict[str, Any]], x: alt.X, y: alt.Y, *, bold: bool) -> Chart:
    mark = rows_chart(list(rows)).mark_text(
        align="left",
        baseline="bottom",
        fontSize=14 if bold else 13,
        fontWeight=700 if bold else 400,
        color=INK,
        aria=False,
    )
    return mark.encode(x=x, y=y, text=alt.Text("words:N"))
