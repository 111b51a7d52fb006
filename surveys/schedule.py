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
UNSCHEDULED = "unscheduled-"  # and a number: the timepoint of a visit that no plan asked for
SATURDAY = 5  # as date.weekday counts
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)  # what is due then never is
LONGEST_SEARCH = 3700  # days without sending, one upon the other, after which there is no next day


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

    @property
    def send_until(self) -> time:
        """The wall time from which none may go."""


@dataclass(frozen=True, slots=True)
class SendDays:
    """On which of the patient's calendar days messages go; a weekend is Saturday and Sunday."""

    weekends: bool = True
    holidays: frozenset[date] = frozenset()

    def allow(self, day: date) -> bool:
        """Whether messages go on the day."""
        return (self.weekends or day.weekday() < SATURDAY) and day not in self.holidays


EVERY_DAY = SendDays()


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


def belonging(moment: datetime, windows: Iterable[PlannedVisit]) -> PlannedVisit | None:
    """The scheduled visit that something at ``moment`` belongs to: whose window is open, else the nearest window.

    Of two windows equally near it is the one that is over: what was answered late counts for what was missed.
    """
    return min(windows, key=lambda window: (distance(moment, window), window.opens_at), default=None)


def distance(moment: datetime, window: PlannedVisit) -> timedelta:
    """How far a moment lies outside a window; nothing inside it."""
    return max(window.opens_at - moment, moment - window.closes_at, timedelta(0))


def plan_messages(
    visit: PlannedVisit, plan: MessagePlan, zone: ZoneInfo, days: SendDays = EVERY_DAY
) -> tuple[PlannedMessage, ...]:
    """Every step that falls inside the visit's window, at the send window's start, earliest first.

    On a day without sending a message moves (``sending_moment``); the phone task stays, as nobody is disturbed.
    """
    opening_day = local_date(visit.opens_at, zone)
    steps = [("invitation", 0)]
    steps += [(f"reminder_{number}", day) for number, day in enumerate(plan.reminder_days, start=1)]
    planned = [
        PlannedMessage(step, sending_moment(opening_day + timedelta(days=day), visit, plan, zone, days))
        for step, day in steps
    ]
    if plan.phone_task_days is not None:
        task_day = opening_day + timedelta(days=plan.phone_task_days)
        planned.append(PlannedMessage("phone_task", local_instant(task_day, plan.send_from, zone)))
    return tuple(item for item in planned if item.due_at < visit.closes_at)


def sending_moment(
    day: date, visit: PlannedVisit, plan: MessagePlan, zone: ZoneInfo, days: SendDays = EVERY_DAY
) -> datetime:
    """When a message meant for a day falls due: then, else on the next sending day, else on the last before closing.

    A visit without any sending day keeps the day itself, so that the message stands there and is seen to expire.
    """
    meant = local_instant(day, plan.send_from, zone)
    ahead = next_sendable(meant, zone, plan.send_from, plan.send_until, days)
    if ahead < visit.closes_at or meant >= visit.closes_at:
        return ahead
    earlier = (day - timedelta(days=back) for back in range(1, (day - local_date(visit.opens_at, zone)).days + 1))
    moments = (local_instant(each, plan.send_from, zone) for each in earlier if days.allow(each))
    return next((moment for moment in moments if moment >= visit.opens_at), meant)


def in_quiet_hours(now: datetime, zone: ZoneInfo, send_from: time, send_until: time) -> bool:
    """Whether the wall clock in ``zone`` is outside ``send_from <= clock < send_until``."""
    return not send_from <= now.astimezone(zone).time() < send_until


def is_sendable(now: datetime, zone: ZoneInfo, send_from: time, send_until: time, days: SendDays = EVERY_DAY) -> bool:
    """Whether a message may go now: on a sending day and not in quiet hours."""
    return days.allow(local_date(now, zone)) and not in_quiet_hours(now, zone, send_from, send_until)


def next_sendable(
    now: datetime, zone: ZoneInfo, send_from: time, send_until: time, days: SendDays = EVERY_DAY
) -> datetime:
    """``now``, or the next start of a sending day's window, in UTC.

    A start inside a gap moves forward by the gap, and a window that the gap swallows is passed over. Where
    the calendar has no day left to send on, the answer is the end of time.
    """
    if is_sendable(now, zone, send_from, send_until, days):
        return now.astimezone(UTC)
    today = local_date(now, zone)
    for ahead in range(LONGEST_SEARCH):
        for start in _starts(today + timedelta(days=ahead), send_from, zone):
            if start >= now and is_sendable(start, zone, send_from, send_until, days):
                return start
    return END_OF_TIME


def _starts(day: date, wall: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants of a wall time, earliest first: two where the clock is put back over it."""
    second = datetime.combine(day, wall.replace(fold=1), tzinfo=zone).astimezone(UTC)
    return local_instant(day, wall, zone), second
