"""A measure's figure: drawn, told and listed from the same rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from hashlib import sha256

from scoring.instrument import Scale
from surveys.i18n import format_day
from surveys.i18n import gettext as _
from surveys.outcomes.drawing import Chart
from surveys.outcomes.figure import Figure
from surveys.outcomes.level_words import said_level
from surveys.outcomes.sheet.chart import course_chart
from surveys.outcomes.sheet.course import Course, Point
from surveys.outcomes.sheet.span import Span
from surveys.outcomes.table import Column, Table


def better_words(course: Course) -> str:
    """Which way is better."""
    return _("lower is better") if course.scale.direction == "higher_is_worse" else _("higher is better")


def number_words(value: float | None) -> str:
    """At most three decimals below 1, else one; whole numbers without a point; a dash where there is none."""
    if value is None:
        return "–"
    rounded = round(value, 3 if abs(value) < 1 else 1)
    return f"{rounded:g}".replace("-", "−")


def value_words(scale: Scale, value: float | None) -> str:
    """The number, of a named level its words beside it."""
    said = said_level(scale.code, value)
    return f"{number_words(value)} ({said})" if said else number_words(value)


def change_words(point: Point) -> str:
    """The change with which way it goes; empty where there is none."""
    if point.change is None:
        return ""
    amount = number_words(abs(point.change))
    if point.change == 0:
        return _("unchanged")
    return _("%(amount)s better", amount=amount) if point.change > 0 else _("%(amount)s worse", amount=amount)


def figure_of(code: str, course: Course, span: Span, *, as_of: datetime) -> Figure:
    """The figure of one measure; ``code`` names it on its page."""
    scale = course.scale
    told = "; ".join(f"{point.moment.name}: {_said(scale, point)}" for point in course.points)
    span_words = _("%(low)g to %(high)g", low=scale.minimum, high=scale.maximum)
    return Figure(
        code=code,
        title=scale.label,
        description=f"{span_words}, {better_words(course)}. {told}.",
        rule=course.rule.words,
        table=_table(course),
        as_of=as_of,
        data_hash=sha256(repr((course, span)).encode()).hexdigest(),
        chart=partial(_draw, course, span),
    )


def _said(scale: Scale, point: Point) -> str:
    signal = f", {point.signal.word}" if point.signal else ""
    return (_("no score") if point.value is None else value_words(scale, point.value)) + signal


def _draw(course: Course, span: Span, width: int) -> Chart:
    return course_chart(course, span, width=width)


def numbers_of(courses: Iterable[Course]) -> Table:
    """Every measure's rows in one file, in the order of the page."""
    tables = [(course, _table(course)) for course in courses]
    own = (Column("scale", _("Scale")), Column("measure", _("Measure")))
    columns = next((table.columns for _course, table in tables), ())
    rows = ((course.scale.code, course.scale.label, *row) for course, table in tables for row in table.rows)
    return Table((*own, *columns), tuple(rows))


def _table(course: Course) -> Table:
    columns = (
        Column("visit", _("Visit")),
        Column("on", _("Day"), shown=False),
        Column("day", _("Day")),
        Column("value", _("Score")),
        Column("change", _("Change")),
        Column("signal", _("Signal")),
    )
    rows = tuple(
        (
            point.moment.name,
            point.moment.on.isoformat(),
            format_day(point.moment.on),
            point.value,
            change_words(point),
            str(point.signal.word) if point.signal else "",
        )
        for point in course.points
    )
    return Table(columns, rows)
