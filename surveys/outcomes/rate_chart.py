"""Responder bars with their intervals, each labelled with its n and N."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from surveys.i18n import gettext as _
from surveys.outcomes.chart_library import alt
from surveys.outcomes.drawing import COLOURS, INK, Chart, configured, rows_chart
from surveys.outcomes.rate import Rate
from surveys.outcomes.words import interval_words, percent

ROOM = 400  # pixels that a label with its interval takes
NO_AXIS = 45  # pixels that other charts give to the labels of their upright axis
HEADING, ROW = 30, 46  # pixels: a timepoint's line, an arm's label with its bar


def rate_chart(rates: Sequence[Rate], headings: Mapping[str, str], arms: Sequence[str], *, width: int) -> Chart:
    """Draw one bar per rate under its timepoint's heading; text stands above its bar at every width."""
    narrow = width < ROOM
    width += NO_AXIS if narrow else 0
    rows, titles, height = _places(rates, headings, arms, short=narrow)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[height, 0], nice=False), axis=None)
    x = alt.X(
        "rate:Q",
        title=[_("Responders of those evaluable,"), _("with 95 % interval")],
        scale=alt.Scale(domain=[0, 1]),
        axis=_axis(narrow=narrow),
    )
    base = rows_chart(rows)
    middle = alt.Y("middle:Q", axis=None)
    colour = alt.Color("colour:N", scale=None, legend=None)
    bars = base.mark_rect(aria=False, opacity=0.85).encode(x=x, x2="zero:Q", y=y, y2="bottom:Q", color=colour)
    labels = base.mark_text(align="left", baseline="bottom", dy=-4, fontSize=13, color=INK, aria=False)
    ruled = rows_chart([row for row in rows if row["low"] is not None])
    rule = ruled.mark_rule(strokeWidth=1.8, color=INK, aria=False).encode(x="low:Q", x2="high:Q", y=middle)
    ends = [
        ruled.mark_tick(orient="vertical", thickness=1.8, size=10, color=INK, aria=False).encode(x=f"{end}:Q", y=middle)
        for end in ("low", "high")
    ]
    heads = rows_chart(titles).mark_text(
        align="left", baseline="bottom", fontSize=14, fontWeight=700, color=INK, aria=False
    )
    layers = [bars, rule, *ends, _text(labels, y), _text(heads, y)]
    return configured(alt.layer(*layers).properties(width=width, height=height))


def _axis(*, narrow: bool) -> alt.Axis:
    return alt.Axis(format="~%", values=[0, 0.5, 1] if narrow else [0, 0.2, 0.4, 0.6, 0.8, 1])


def _text(mark: Chart, y: alt.Y) -> Chart:
    return mark.encode(x="zero:Q", y=y, text="words:N")


def _places(
    rates: Sequence[Rate], headings: Mapping[str, str], arms: Sequence[str], *, short: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
    """Where bars and headings stand, in pixels from the top, and the whole height."""
    rows: list[dict[str, Any]] = []
    titles: list[dict[str, Any]] = []
    top = 0
    for before, rate in zip([None, *rates], rates, strict=False):
        if before is None or before.timepoint != rate.timepoint:
            top += HEADING
            titles.append({"zero": 0, "y": top - 6, "words": headings[rate.timepoint]})
        rows.append(_bar(rate, arms.index(rate.arm), top, short=short))
        top += ROW
    return rows, titles, top


def _bar(rate: Rate, at: int, top: int, *, short: bool) -> dict[str, Any]:
    low, high = rate.interval or (None, None)
    words = f"{rate.arm_label}: {rate.responders}/{rate.evaluable}, {percent(rate.rate)}"
    if rate.interval and not short:
        words += f" ({interval_words(rate.interval)})"
    place = {"zero": 0, "y": top + 20, "middle": top + 29, "bottom": top + 38}
    return {**place, "rate": rate.rate or 0, "low": low, "high": high, "words": words, "colour": COLOURS[at % 6]}
