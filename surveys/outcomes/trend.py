"""One patient's scales over time: the rows that the page draws and prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from hashlib import sha256

from scoring.instrument import find_scale
from surveys.i18n import format_day
from surveys.i18n import gettext as _
from surveys.outcomes.drawing import Chart
from surveys.outcomes.figure import Figure
from surveys.outcomes.table import Column, Table
from surveys.outcomes.trend_chart import trend_chart

DAYS_PER_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One scale at one visit that asked for it; ``value`` None: no answer or not scorable, a gap in the line.

    ``months`` from the index date, negative before it; ``on``: the day of the answer, else when it was due.
    """

    visit: str
    months: float
    on: date
    value: float | None
    how: str


def months_between(start: date, day: date) -> float:
    """Months of average length from one day to another."""
    return (day - start).days / DAYS_PER_MONTH


def trend_figure(
    code: str, scale_code: str, points: Sequence[TrendPoint], treatments: Sequence[float], *, as_of: datetime
) -> Figure:
    """Draw and list one scale; ``treatments``: months from the index date. ``code`` names the figure on its page."""
    scale = find_scale(scale_code)
    better = _("lower is better") if scale.direction == "higher_is_worse" else _("higher is better")
    told = "; ".join(f"{point.visit}: {_number(point.value)}" for point in points)
    span = _("%(low)g to %(high)g", low=scale.minimum, high=scale.maximum)
    return Figure(
        code=code,
        title=scale.label,
        description=f"{span}, {better}. {told}.",
        rule=better,
        table=_table(points),
        as_of=as_of,
        data_hash=sha256(told.encode()).hexdigest(),
        chart=partial(_draw, points, treatments, scale_code),
    )


def _draw(points: Sequence[TrendPoint], treatments: Sequence[float], scale: str, width: int) -> Chart:
    rows = [(point.months, point.value) for point in points]
    return trend_chart(rows, treatments, find_scale(scale), width=width)


def _table(points: Sequence[TrendPoint]) -> Table:
    columns = (
        Column("visit", _("Visit")),
        Column("on", _("Day")),
        Column("value", _("Score")),
        Column("how", _("Answered")),
    )
    rows = tuple((point.visit, format_day(point.on), _rounded(point.value), point.how) for point in points)
    return Table(columns, rows)


def _number(value: float | None) -> str:
    return _("no score") if value is None else f"{_rounded(value)}"


def _rounded(value: float | None) -> float | int | None:
    """At most three decimals, as an index needs; whole numbers without a point."""
    if value is None:
        return None
    return int(value) if value == int(value) else round(value, 3 if abs(value) < 1 else 1)
