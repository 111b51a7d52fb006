"""The calendar and the clock a second time, by walking and searching: what ``surveys.schedule`` is compared with.

Nothing here asks ``fold`` or counts months: days are walked one by one, wall times are tried against the offsets in
force around them, and the moment at which a message may go is found by stepping through the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
STEP = timedelta(minutes=5)  # every offset of the last fifty years is a multiple
LOOK_AROUND = timedelta(hours=36)


def month_by_walking(start: date, months: int) -> date:
    """Step day by day into the wanted month, then to the same day of it or to its last."""
    day = start
    changes = 0
    while changes < months or day.day < start.day:
        following = day + DAY
        changes += following.month != day.month
        if changes > months:
            return day
        day = following
    return day


def clock_by_search(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The first instant whose wall clock reads so; in a gap the one that the old offset would give."""
    naive = datetime.combine(day, wall)
    around = [(naive + shift).replace(tzinfo=UTC).astimezone(zone) for shift in (-LOOK_AROUND, LOOK_AROUND)]
    offsets = [offset for each in around if (offset := each.utcoffset()) is not None]
    candidates = sorted({(naive - offset).replace(tzinfo=UTC) for offset in offsets})
    exact = [each for each in candidates if each.astimezone(zone).replace(tzinfo=None) == naive]
    return exact[0] if exact else candidates[-1]


def first_by_stepping(
    now: datetime, zone: ZoneInfo, hours: tuple[time, time], allowed: Callable[[date], bool]
) -> datetime:
    """The first of every fifth minute from ``now`` on whose wall clock and date allow a message."""
    moment = now
    while not (hours[0] <= (local := moment.astimezone(zone)).time() < hours[1] and allowed(local.date())):
        moment += STEP
    return moment


def window_by_walking(index: date, months: int, before: int, after: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When a follow-up opens and closes."""
    due = month_by_walking(index, months)
    first, last = due, due
    for _ in range(before):
        first -= DAY
    for _ in range(after + 1):
        last += DAY
    return clock_by_search(first, time(0), zone), clock_by_search(last, time(0), zone)


def mails_by_walking(
    window: tuple[datetime, datetime],
    on: tuple[int, ...],
    zone: ZoneInfo,
    hours: tuple[time, time],
    allowed: Callable[[date], bool],
) -> list[datetime]:
    """When the invitation and the reminders of a window fall due."""
    opens_at, closes_at = window
    starts = [start for start in _starts(opens_at, closes_at, zone, hours[0]) if allowed(start.astimezone(zone).date())]
    opening_day, moments = opens_at.astimezone(zone).date(), []
    for number in (0, *on):
        meant = clock_by_search(opening_day + number * DAY, hours[0], zone)
        if meant < closes_at:
            ahead = [start for start in starts if start >= meant]
            back = [start for start in starts if start < meant]
            moments.append(ahead[0] if ahead else back[-1] if back else meant)
    return sorted(set(moments))


def _starts(opens_at: datetime, closes_at: datetime, zone: ZoneInfo, wall: time) -> Iterator[datetime]:
    """The beginning of each day's hours inside a window."""
    day = opens_at.astimezone(zone).date() - DAY
    while (start := clock_by_search(day, wall, zone)) < closes_at:
        if start >= opens_at:
            yield start
        day += DAY
