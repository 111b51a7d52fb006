"""By when somebody has to have looked: hours counted only while somebody does. Pure: a moment and a plan in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from surveys.schedule import local_date, local_instant

LONGEST_SEARCH = 3700  # days on which nobody looks, one upon the other, after which nobody ever does
NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody looks, by the clinic's wall clock. ``weekdays``: 0 Monday … 6 Sunday."""

    weekdays: frozenset[int]
    opens: time
    closes: time
    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()

    def on(self, day: date) -> tuple[datetime, datetime] | None:
        """The day's first and last moment in UTC, or None; a gap moves one forward, of an overlap the first counts."""
        if day.weekday() not in self.weekdays or day in self.holidays:
            return None
        return local_instant(day, self.opens, self.zone), local_instant(day, self.closes, self.zone)


def due_at(raised_at: datetime, within: timedelta, hours: Hours) -> datetime:
    """The moment, in UTC, by which ``within`` has gone by while somebody looks.

    An hour that the clock skips is not counted and one that it repeats counts twice: it is time that passes. Where
    nobody ever looks, it is due at once, so that it is escalated and does not lie there.
    """
    left, first = within, local_date(raised_at, hours.zone)
    for ahead in range(LONGEST_SEARCH):
        bounds = hours.on(first + timedelta(days=ahead))
        if bounds is None:
            continue
        begins = max(bounds[0], raised_at.astimezone(UTC))
        span = max(bounds[1] - begins, NOTHING)
        if span >= left:
            return begins + left
        left -= span
    return raised_at.astimezone(UTC)
