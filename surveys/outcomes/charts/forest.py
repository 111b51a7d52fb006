"""Estimates with their intervals, one under the other, and a line where nothing differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from surveys.outcomes.chart_library import alt
from surveys.outcomes.charts.marks import Estimate
from surveys.outcomes.drawing import COLOURS, INK, SHAPES, Chart, configured, rows_chart

WIDE = 400  # pixels from which a label carries its numbers
NO_AXIS = 45
HEADING, ROW = 30, 44


def forest_chart(
    estimates: Sequence[Estimate],
    headings: Mapping[str, str],
    title: Sequence[str],
    *,
    percent: bool,
    line: float | None,
    domain: tuple[float, float] | None = None,
    width: int,
) -> Chart:
    """Draw a point with its interval per estimate under its heading.

    ``percent``: values are fractions. ``line``: where nothing differs, None where there is no such place. ``domain``:
    the axis; None: as wide as the intervals.
    """
    narrow = width < WIDE
    width += NO_AXIS if narrow else 0
    rows, titles, height = _places(estimates, headings, short=narrow)
    low, high = domain or _span(estimates, line)
    span = alt.Scale(domain=[low, high], nice=domain is None)
    axis = (
        alt.Axis(format="+~%" if line is not None else "~%", tickCount=6, labelOverlap="greedy")
        if percent
        else alt.Axis(tickCount=6, labelOverlap="greedy")
    )
    x = alt.X("value:Q", title=list(title), scale=span, axis=axis)
    y = alt.Y("middle:Q", scale=alt.Scale(domain=[height, 0], nice=False), axis=None)
    middle = [] if line is None else [_line(line, rows, y)]
    layers = [*middle, *_points(rows, x, y), _words(rows, low, y), _words(titles, low, y, bold=True)]
    return configured(alt.layer(*layers).properties(width=width, height=height))


def _span(estimates: Sequence[Estimate], line: float | None) -> tuple[float, float]:
    ends = list(chain.from_iterable(each.interval or (each.value,) for each in estimates))
    ends += [] if line is None else [line]
    low, high = min(ends), max(ends)
    return low - 0.05 * (high - low), high  # the labels begin left of a line at the lower end


def _line(at: float, rows: Sequence[dict[str, Any]], y: alt.Y) -> Chart:
    """A piece of the line beside each estimate, so that it runs through no label."""
    pieces = [{"at": at, "middle": row["middle"] - 9, "below": row["middle"] + 10} for row in rows]
    mark = rows_chart(pieces).mark_rule(color=INK, strokeDash=[3, 2], strokeWidth=1.5, aria=False)
    return mark.encode(x=alt.X("at:Q"), y=y, y2=alt.Y2("below:Q"))


def _points(rows: Sequence[dict[str, Any]], x: alt.X, y: alt.Y) -> list[Chart]:
    colour = alt.Color("colour:N", scale=None, legend=None)
    ruled = rows_chart([row for row in rows if row["low"] is not None])
    rule = ruled.mark_rule(strokeWidth=2.2, aria=False).encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"), y=y, color=colour)
    marks = []
    for at in sorted({row["at"] for row in rows}):
        own = rows_chart([row for row in rows if row["at"] == at])
        shape = SHAPES[at % len(SHAPES)]
        mark = own.mark_point(shape=shape, filled=True, size=85, opacity=1, color=COLOURS[at % 6], aria=False)
        marks.append(mark.encode(x=x, y=y))
    return [rule, *marks]


def _words(rows: Sequence[dict[str, Any]], low: float, y: alt.Y, *, bold: bool = False) -> Chart:
    placed = [{"left": low, "middle": row["y"], "words": row["words"]} for row in rows]
    mark = rows_chart(placed).mark_text(
        align="left",
        baseline="bottom",
        fontSize=14 if bold else 13,
        fontWeight=700 if bold else 400,
        color=INK,
        aria=False,
    )
    return mark.encode(x=alt.X("left:Q"), y=y, text=alt.Text("words:N"))


def _places(
    estimates: Sequence[Estimate], headings: Mapping[str, str], *, short: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
    """Where estimates and headings stand, in pixels from the top, and the whole height."""
    rows: list[dict[str, Any]] = []
    titles: list[dict[str, Any]] = []
    top = 0
    for before, each in zip([None, *estimates], estimates, strict=False):
        if (before is None or before.under != each.under) and headings.get(each.under):
            top += HEADING
            titles.append({"y": top - 6, "words": headings[each.under]})
        words = each.label if short else f"{each.label}: {each.words}"
        low, high = each.interval or (None, None)
        place = {"y": top + 18, "middle": top + 29, "at": each.colour, "colour": COLOURS[each.colour % 6]}
        rows.append({**place, "value": each.value, "low": low, "high": high, "words": words})
        top += ROW
    return rows, titles, top
