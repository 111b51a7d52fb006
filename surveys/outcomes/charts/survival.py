"""Share without the event over true months by arm, with its band, and the numbers at risk beneath."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from surveys.i18n import gettext as _
from surveys.outcomes.chart_library import alt
from surveys.outcomes.charts.marks import AtRisk, CurvePoint
from surveys.outcomes.drawing import COLOURS, DASHES, INK, Chart, configured, label_room, rows_chart, spread

HEIGHT = 250


def survival_chart(
    points: Sequence[CurvePoint], at_risk: Sequence[AtRisk], title: str, arms: Sequence[str], *, width: int
) -> Chart:
    """Draw falling staircases; ``points`` reach to the end of each arm's follow-up; colours follow ``arms``."""
    last = max(1.0, *(point.months for point in points))
    span = alt.Scale(domain=[-0.03 * last, 1.03 * last], nice=False)
    axis = alt.Axis(values=sorted({row.months for row in at_risk}), format=".4~g", labelOverlap="greedy", grid=False)
    x = alt.X("x:Q", title=_("Months since the first treatment"), axis=axis, scale=span)
    y = alt.Y("share:Q", title=title, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="~%"))
    curves = [layer for at, arm in enumerate(arms) for layer in _curve(points, arm, at, x, y)]
    upper = alt.layer(*curves, _names(points, arms, x)).properties(width=width, height=HEIGHT)
    labels = list(dict.fromkeys(row.label for row in at_risk))
    lower = _numbers(at_risk, labels, span, label_room(width)).properties(width=width, height=22 * len(labels))
    return configured(alt.vconcat(upper, lower, spacing=4))


def _curve(points: Sequence[CurvePoint], arm: str, at: int, x: alt.X, y: alt.Y) -> list[Chart]:
    rows = [_row(point) for point in points if point.arm == arm]
    if not rows:
        return []
    look = at % len(COLOURS)
    known = rows_chart([row for row in rows if row["low"] is not None])
    band = known.mark_area(interpolate="step-after", color=COLOURS[look], opacity=0.16, aria=False)
    line = rows_chart(rows).mark_line(
        interpolate="step-after", color=COLOURS[look], strokeWidth=2.5, strokeDash=DASHES[look], aria=False
    )
    return [band.encode(x=x, y=alt.Y("low:Q"), y2=alt.Y2("high:Q")), line.encode(x=x, y=y)]


def _row(point: CurvePoint) -> dict[str, Any]:
    return {"x": point.months, "share": point.share, "low": point.low, "high": point.high}


def _names(points: Sequence[CurvePoint], arms: Sequence[str], x: alt.X) -> Chart:
    """Each arm's name over the end of its curve."""
    last = [next(point for point in reversed(points) if point.arm == arm) for arm in arms if _has(points, arm)]
    places = spread([min(point.share, 0.9) + 0.05 for point in last], 0.075)
    rows = [{"x": each.months, "y": place, "words": each.label} for each, place in zip(last, places, strict=True)]
    mark = rows_chart(rows).mark_text(align="right", fontSize=13, fontWeight=600, color=INK, aria=False)
    return mark.encode(x=x, y=alt.Y("y:Q"), text=alt.Text("words:N"))


def _has(points: Sequence[CurvePoint], arm: str) -> bool:
    return any(point.arm == arm for point in points)


def _numbers(at_risk: Sequence[AtRisk], labels: Sequence[str], span: alt.Scale, room: int) -> Chart:
    axis = alt.Axis(title=None, domain=False, ticks=False, labelLimit=room, labelFontSize=12)
    rows = [{"label": row.label, "months": row.months, "n": row.n} for row in at_risk]
    text = rows_chart(rows).mark_text(fontSize=10.5, color=INK, aria=False)
    y = alt.Y("label:N", sort=list(labels), axis=axis)
    return text.encode(x=alt.X("months:Q", axis=None, scale=span), y=y, text=alt.Text("n:Q"))
