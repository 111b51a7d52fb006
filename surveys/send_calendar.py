"""When messages fall due and may go: hours, weekends, holidays. Pure: a window and a plan in, instants in UTC out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from surveys.schedule import PlannedVisit, local_date, local_instant

SATURDAY = 5  # as date.weekday counts
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)  # what is due then never is
LONGEST_SEARCH = 3700  # days without sending, one upon the other, after which there is no next day


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
class PlannedMessage:
    """``step``: invitation, reminder_1 …, or phone_task, which is a task for staff and no message."""

    step: str
    due_at: datetime


def plan_messages(
    visit: PlannedVisit, plan: MessagePlan, zone: ZoneInfo, days: SendDays = EVERY_DAY
) -> tuple[PlannedMessage, ...]:
    """Every step that falls inside the visit's window, at the send window's start, earliest first.

    On a day without sending a message moves (``sending_moment``), and one that comes to the day of an earlier step
    is left out. The phone task stays, as it disturbs nobody.
    """
    opening_day = local_date(visit.opens_at, zone)
    steps = [("invitation", 0)]
    steps += [(f"reminder_{number}", day) for number, day in enumerate(plan.reminder_days, start=1)]
    by_moment: dict[datetime, str] = {}
    for step, day in steps:
        by_moment.setdefault(sending_moment(opening_day + timedelta(days=day), visit, plan, zone, days), step)
    planned = [PlannedMessage(step, moment) for moment, step in by_moment.items()]
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
