"""One patient's scale over true months: lines join only visits that follow each other; a gap stays a gap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scoring.instrument import Scale
from surveys.i18n import gettext as _
from surveys.outcomes.chart_library import alt
from surveys.outcomes.drawing import COLOURS, INK, Chart, configured, rows_chart

HEIGHT = 130
Row = tuple[float, float | None]  # months from the index date, value


def trend_chart(rows: Sequence[Row], treatments: Sequence[float], scale: Scale, *, width: int) -> Chart:
    """Draw the whole range of the scale, with a dashed line at each treatment."""
    points = _segments(rows)
    places = [months for months, _value in rows] + list(treatments) + [0.0]
    room = 0.04 * max(max(places) - min(places), 1)
    domain = [min(places) - room, max(places) + room]
    x = alt.X("months:Q", title=_("Months"), scale=alt.Scale(domain=domain, nice=False), axis=_months(domain))
    y = alt.Y("value:Q", title=None, scale=alt.Scale(domain=[scale.minimum, scale.maximum]), axis=alt.Axis(tickCount=4))
    base = rows_chart(points)
    line = base.mark_line(color=COLOURS[0], strokeWidth=2.5, aria=False).encode(
        x=x, y=y, detail=alt.Detail("segment:N")
    )
    marks = base.mark_point(color=COLOURS[0], size=60, filled=True, opacity=1, aria=False).encode(x=x, y=y)
    given = rows_chart([{"months": months} for months in treatments])
    rules = given.mark_rule(color=INK, strokeDash=[3, 3], opacity=0.6, aria=False).encode(x=x)
    layers = [rules, line, marks] if treatments else [line, marks]
    return configured(alt.layer(*layers).properties(width=width, height=HEIGHT))


def _segments(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Number the stretches between gaps."""
    segment, points = 0, []
    for months, value in sorted(rows, key=lambda row: row[0]):
        if value is None:
            segment += 1
        else:
            points.append({"months": months, "value": value, "segment": segment})
    return points


def _months(domain: Sequence[float]) -> alt.Axis:
    """Ticks where visits usually are, as far apart as the span allows."""
    step = 3 if domain[1] - domain[0] <= 15 else 6 if domain[1] - domain[0] <= 30 else 12
    first = int(domain[0] // step) * step
    ticks = [month for month in range(first, int(domain[1]) + 1, step) if month >= domain[0]]
    return alt.Axis(values=ticks, format="~g", grid=False)
