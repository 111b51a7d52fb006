"""When visits open and messages fall due. Pure: dates and zones in, instants in UTC out.

The truth is a local date, a wall time and an IANA zone. A wall time inside a gap moves forward by the
length of the gap; one that occurs twice is the first. Windows are half-open: ``opens_at <= now < closes_at``.
"""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

MIDNIGHT = time(0)


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


class MessagePlan(Protocol):
    """What is read of a reminder plan; days count from the local date on which the visit opens."""

    @property
    def reminder_days(self) -> Sequence[int]:
        """Days of the reminders, rising."""

    @property
    def phone_task_days(self) -> int | None:
        """Day of the phone task for staff; None: no phone task."""

    @property
    def send_from(self) -> time:
        """First wall time at which a message may go."""


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """One visit as it should stand."""

    timepoint: str
    due_on: date
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """``step``: invitation, reminder_1 …, or phone_task, which is a task for staff and no message."""

    step: str
    due_at: datetime


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


def plan_messages(visit: PlannedVisit, plan: MessagePlan, zone: ZoneInfo) -> tuple[PlannedMessage, ...]:
    """Every step that falls inside the visit's window, at the send window's start, earliest first."""
    opening_day = local_date(visit.opens_at, zone)
    steps = [("invitation", 0)]
    steps += [(f"reminder_{number}", day) for number, day in enumerate(plan.reminder_days, start=1)]
    if plan.phone_task_days is not None:
        steps.append(("phone_task", plan.phone_task_days))
    planned = (
        PlannedMessage(step, local_instant(opening_day + timedelta(days=day), plan.send_from, zone))
        for step, day in steps
    )
    return tuple(item for item in planned if item.due_at < visit.closes_at)


def in_quiet_hours(now: datetime, zone: ZoneInfo, send_from: time, send_until: time) -> bool:
    """Whether the wall clock in ``zone`` is outside ``send_from <= clock < send_until``."""
    return not send_from <= now.astimezone(zone).time() < send_until


def next_sendable(now: datetime, zone: ZoneInfo, send_from: time, send_until: time) -> datetime:
    """``now``, or in quiet hours the next start of the send window, in UTC."""
    if not in_quiet_hours(now, zone, send_from, send_until):
        return now.astimezone(UTC)
    local = now.astimezone(zone)
    day = local.date() if local.time() < send_from else local.date() + timedelta(days=1)
    start = local_instant(day, send_from, zone)
    if start < now:  # the clock was put back between the two: the same wall time comes a second time
        start = datetime.combine(day, send_from.replace(fold=1), tzinfo=zone).astimezone(UTC)
    return start
