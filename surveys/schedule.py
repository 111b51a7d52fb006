"""When visits open and close. Pure: dates and zones in, instants in UTC out.

The truth is a local date, a wall time and an IANA zone. A wall time inside a gap moves forward by the
length of the gap; one that occurs twice is the first. Windows are half-open: ``opens_at <= now < closes_at``.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

MIDNIGHT = time(0)
UNSCHEDULED = "unscheduled-"  # and a number: the timepoint of a visit that no plan asked for


class TimepointPlan(Protocol):
    """What is read of a timepoint. Neither months nor weeks: the baseline, which has no offset."""

    @property
    def code(self) -> str:
        """Such as ``m3``; unique in its protocol."""

    @property
    def months(self) -> int | None:
        """Calendar months after the index date."""

    @property
    def weeks(self) -> int | None:
        """Weeks after the index date."""

    @property
    def opens_days_before(self) -> int:
        """Days from opening to due date; negative opens after it."""

    @property
    def closes_days_after(self) -> int:
        """Days from due date to the last day on which answers count; a baseline's: while untreated."""


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """One visit as it should stand."""

    timepoint: str
    due_on: date
    opens_at: datetime
    closes_at: datetime


def add_months(start: date, months: int) -> date:
    """Calendar months from ``start``, clamped to the month's last day: 31 January + 1 is 28 or 29 February.

    Count every offset from the index date; chained steps lose the day (31 January + 1 + 1 is 28 March).
    """
    year, month0 = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month0 + 1, min(start.day, monthrange(year, month0 + 1)[1]))


def local_instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """UTC instant of a wall time; in a gap it moves forward by the gap, in an overlap it is the first."""
    return datetime.combine(day, wall.replace(fold=0), tzinfo=zone).astimezone(UTC)


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """Calendar date in ``zone`` at an aware instant."""
    return instant.astimezone(zone).date()


def due_date(index_date: date, timepoint: TimepointPlan) -> date:
    """The index date plus the timepoint's offset."""
    return add_months(index_date, timepoint.months or 0) + timedelta(weeks=timepoint.weeks or 0)


def is_baseline(timepoint: TimepointPlan) -> bool:
    """Whether the timepoint has no offset: it belongs to enrolment, not to the index date."""
    return timepoint.months is None and timepoint.weeks is None


def plan_visits(
    index_date: date | None,
    enrolled_on: date,
    timepoints: Iterable[TimepointPlan],
    zone: ZoneInfo,
    *,
    first_treatment_on: date | None = None,
) -> tuple[PlannedVisit, ...]:
    """The visits an episode should have, in the protocol's order. Follow-ups need an index date.

    ``first_treatment_on`` closes the baseline; without it the index date does, which is the same day
    unless the protocol counts from the last treatment.
    """
    closing_day = first_treatment_on or index_date
    planned = []
    for timepoint in timepoints:
        if is_baseline(timepoint):
            planned.append(_baseline(timepoint, enrolled_on, closing_day, zone))
        elif index_date is not None:
            planned.append(_follow_up(timepoint, index_date, zone))
    return tuple(planned)


def _baseline(timepoint: TimepointPlan, enrolled_on: date, closing_day: date | None, zone: ZoneInfo) -> PlannedVisit:
    """Open from enrolment to the end of the treatment's day: a date has no hour, and mornings count.

    Enrolled after the treatment: the window is the treatment's own day, so that it is over.
    """
    opening_day = min(enrolled_on, closing_day or enrolled_on)
    last_day = closing_day or enrolled_on + timedelta(days=timepoint.closes_days_after)
    opens_at = local_instant(opening_day, MIDNIGHT, zone)
    return PlannedVisit(timepoint.code, opening_day, opens_at, _end_of(last_day, zone))


def _follow_up(timepoint: TimepointPlan, index_date: date, zone: ZoneInfo) -> PlannedVisit:
    due_on = due_date(index_date, timepoint)
    opening_day = due_on - timedelta(days=timepoint.opens_days_before)
    closing_day = due_on + timedelta(days=timepoint.closes_days_after)
    opens_at = local_instant(opening_day, MIDNIGHT, zone)
    return PlannedVisit(timepoint.code, due_on, opens_at, _end_of(closing_day, zone))


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    return local_instant(day + timedelta(days=1), MIDNIGHT, zone)


def belonging(moment: datetime, windows: Iterable[PlannedVisit]) -> PlannedVisit | None:
    """The scheduled visit that something at ``moment`` belongs to: whose window is open, else the nearest window.

    Of two windows equally near it is the one that is over: what was answered late counts for what was missed.
    """
    return min(windows, key=lambda window: (distance(moment, window), window.opens_at), default=None)


def distance(moment: datetime, window: PlannedVisit) -> timedelta:
    """How far a moment lies outside a window; nothing inside it."""
    return max(window.opens_at - moment, moment - window.closes_at, timedelta(0))
