"""Bars of shares with their intervals, each labelled with its n and N, and framed by what the missing could change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from surveys.outcomes.chart_library import alt
from surveys.outcomes.charts.marks import Bar
from surveys.outcomes.drawing import COLOURS, INK, Chart, configured, rows_chart
from surveys.outcomes.words import interval_words, percent

ROOM = 400  # pixels that a label with its interval takes
NO_AXIS = 45  # pixels that other charts give to the labels of their upright axis
HEADING, ROW = 30, 46  # pixels: a timepoint's line, an arm's label with its bar


def bar_chart(bars: Sequence[Bar], headings: Mapping[str, str], title: Sequence[str], *, width: int) -> Chart:
    """Draw one bar per share under its heading; text stands above its bar at every width.

    ``title``: what the axis counts, one line or more.
    """
    narrow = width < ROOM
    width += NO_AXIS if narrow else 0
    rows, titles, height = _places(bars, headings, short=narrow)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[height, 0], nice=False), axis=None)
    x = alt.X(
        "rate:Q",
        title=list(title),
        scale=alt.Scale(domain=[0, 1]),
        axis=_axis(narrow=narrow),
    )
    base = rows_chart(rows)
    middle = alt.Y("middle:Q", axis=None)
    colour = alt.Color("colour:N", scale=None, legend=None)
    solid = base.mark_rect(aria=False, opacity=0.85).encode(
        x=x, x2=alt.X2("zero:Q"), y=y, y2=alt.Y2("bottom:Q"), color=colour
    )
    labels = base.mark_text(align="left", baseline="bottom", dy=-4, fontSize=13, color=INK, aria=False)
    ruled = rows_chart([row for row in rows if row["low"] is not None])
    rule = ruled.mark_rule(strokeWidth=1.8, color=INK, aria=False).encode(
        x=alt.X("low:Q"), x2=alt.X2("high:Q"), y=middle
    )
    ends = [
        ruled.mark_tick(orient="vertical", thickness=1.8, size=10, color=INK, aria=False).encode(x=f"{end}:Q", y=middle)
        for end in ("low", "high")
    ]
    heads = rows_chart(titles).mark_text(
        align="left", baseline="bottom", fontSize=14, fontWeight=700, color=INK, aria=False
    )
    layers = [solid, *_frames(rows, height), rule, *ends, _text(labels, y), _text(heads, y)]
    return configured(alt.layer(*layers).properties(width=width, height=height))


def _frames(rows: Sequence[dict[str, Any]], height: int) -> list[Chart]:
    """A dashed frame from the worst to the best that the missing answers leave possible."""
    framed = rows_chart([row for row in rows if row["worst"] is not None and row["worst"] != row["best"]])
    frame = framed.mark_rect(filled=False, stroke=INK, strokeDash=[3, 2], strokeWidth=1.1, aria=False)
    over = alt.Y("over:Q", axis=None, scale=alt.Scale(domain=[height, 0], nice=False))
    return [frame.encode(x=alt.X("worst:Q"), x2=alt.X2("best:Q"), y=over, y2=alt.Y2("under:Q"))]


def _axis(*, narrow: bool) -> alt.Axis:
    return alt.Axis(format="~%", values=[0, 0.5, 1] if narrow else [0, 0.2, 0.4, 0.6, 0.8, 1])


def _text(mark: Chart, y: alt.Y) -> Chart:
    return mark.encode(x=alt.X("zero:Q"), y=y, text=alt.Text("words:N"))


def _places(
    bars: Sequence[Bar], headings: Mapping[str, str], *, short: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
    """Where bars and headings stand, in pixels from the top, and the whole height."""
    rows: list[dict[str, Any]] = []
    titles: list[dict[str, Any]] = []
    top = 0
    for before, bar in zip([None, *bars], bars, strict=False):
        if before is None or before.under != bar.under:
            top += HEADING
            titles.append({"zero": 0, "y": top - 6, "words": headings[bar.under]})
        rows.append(_row(bar, top, short=short))
        top += ROW
    return rows, titles, top


def _row(bar: Bar, top: int, *, short: bool) -> dict[str, Any]:
    rate = bar.pooled if bar.pooled is not None else bar.k / bar.n if bar.n else None
    low, high = bar.interval or (None, None)
    worst, best = bar.envelope or (None, None)
    counted = f"{bar.k}/{bar.n}" if bar.pooled is None else f"n = {bar.n}"
    words = f"{bar.label}: {counted}, {percent(rate)}"
    if bar.interval and not short:
        words += f" ({interval_words(bar.interval)})"
    place = {"zero": 0, "y": top + 20, "middle": top + 29, "bottom": top + 38, "over": top + 17, "under": top + 41}
    ends = {"low": low, "high": high, "worst": worst, "best": best}
    return {**place, **ends, "rate": rate or 0, "words": words, "colour": COLOURS[bar.colour % 6]}
