"""One measure over true months with its bands: what measurement error and the MIC cover around the baseline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from surveys.i18n import gettext as _
from surveys.outcomes.chart_library import alt
from surveys.outcomes.drawing import COLOURS, INK, Chart, configured, rows_chart
from surveys.outcomes.sheet.course import Course, Point
from surveys.outcomes.sheet.signal import SIGNALS
from surveys.outcomes.sheet.span import Span

HEIGHT = 132
PLAIN = COLOURS[0]  # what has no signal: the baseline, and scales without a rule


def course_chart(course: Course, span: Span, *, width: int) -> Chart:
    """Draw bands, treatments, the line with its gaps, and each visit's mark by its signal."""
    scale = course.scale
    x = alt.X("months:Q", title=_("Months"), scale=alt.Scale(domain=span.domain, nice=False), axis=_axis(span))
    y_scale = alt.Scale(domain=[scale.minimum, scale.maximum], nice=False)
    y = alt.Y("value:Q", title=None, scale=y_scale, axis=alt.Axis(tickCount=4))
    line = rows_chart(_segments(course)).mark_line(color=PLAIN, strokeWidth=2, aria=False)
    layers = [*_bands(course, span, y_scale), *_treatments(span, x), line.encode(x=x, y=y, detail="segment:N")]
    layers += _marks(course, x, y)
    return configured(alt.layer(*layers).properties(width=width, height=HEIGHT))


def _axis(span: Span) -> alt.Axis:
    """Ticks where visits usually are, as far apart as the span allows."""
    length = span.last - span.first
    step = 3 if length <= 15 else 6 if length <= 30 else 12
    first = int(span.first // step) * step
    ticks = [month for month in range(first, int(span.last) + 1, step) if month >= span.first]
    return alt.Axis(values=ticks, format="d", grid=False)


def _segments(course: Course) -> list[dict[str, Any]]:
    """Number the stretches between gaps: lines join only visits that follow each other."""
    segment, rows = 0, []
    for point in course.points:
        if point.value is None:
            segment += 1
        else:
            rows.append({"months": point.moment.months, "value": point.value, "segment": segment})
    return rows


def _bands(course: Course, span: Span, y_scale: alt.Scale) -> Iterator[Chart]:
    """A band to both sides of the baseline for the SDC, a darker one for the MIC, each named at its better edge."""
    if course.baseline is None:
        return
    amounts = {"SDC": course.rule.sdc, "MIC": course.rule.mic}
    known = {name: float(amount.value) for name, amount in amounts.items() if amount is not None}
    low, high = course.scale.minimum, course.scale.maximum
    better = 1 if course.scale.direction == "higher_is_better" else -1
    x = alt.X("from:Q", scale=alt.Scale(domain=span.domain, nice=False))
    for name, amount in known.items():
        edges = (max(low, course.baseline - amount), min(high, course.baseline + amount))
        row = {"from": span.domain[0], "until": span.domain[1], "low": edges[0], "high": edges[1]}
        band = rows_chart([row]).mark_rect(color=INK, opacity=0.08, aria=False)
        yield band.encode(x=x, x2="until:Q", y=alt.Y("low:Q", scale=y_scale), y2="high:Q")
        edge = edges[1] if better == 1 else edges[0]
        text = rows_chart([{"from": span.domain[1], "low": edge, "name": name}])
        shown = text.mark_text(color=INK, align="right", baseline="middle", dx=-2, fontSize=10, aria=False)
        yield shown.encode(x=x, y=alt.Y("low:Q", scale=y_scale), text="name:N")


def _treatments(span: Span, x: alt.X) -> Iterator[Chart]:
    if span.given:
        rows = rows_chart([{"months": months} for months in span.given])
        yield rows.mark_rule(color=INK, strokeDash=[3, 3], opacity=0.7, aria=False).encode(x=x)
        flags = rows_chart([{"months": months, "value": 0} for months in span.given])
        flag = flags.mark_point(color=INK, shape="diamond", filled=True, size=40, opacity=1, aria=False)
        yield flag.encode(x=x, y=alt.value(0))


def _marks(course: Course, x: alt.X, y: alt.Y) -> Iterator[Chart]:
    plain = [_row(point) for point in course.points if point.value is not None and point.signal is None]
    if plain:
        yield rows_chart(plain).mark_point(color=PLAIN, size=55, filled=True, opacity=1, aria=False).encode(x=x, y=y)
    for signal in SIGNALS.values():
        rows = [_row(point) for point in course.points if point.signal is signal]
        if rows:
            mark = rows_chart(rows).mark_point(
                color=signal.colour, shape=signal.shape, filled=signal.filled, size=95, opacity=1, aria=False
            )
            yield mark.encode(x=x, y=y)


def _row(point: Point) -> dict[str, Any]:
    return {"months": point.moment.months, "value": point.value}
