"""What a visit is at a moment, read from its facts."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from surveys.models import Visit
from surveys.schedule import local_date

OVERDUE_AFTER = timedelta(days=7)


def visit_state(visit: Visit, zone: ZoneInfo, now: datetime) -> str:
    """One of cancelled, sent, missed, waiting, open, due (from its day on) and overdue (a week later)."""
    if visit.submitted_at is not None:
        return "sent"
    if visit.cancelled_at is not None:
        return "cancelled"
    if visit.closed_at is not None or visit.closes_at <= now:
        return "missed"
    if now < visit.opens_at:
        return "waiting"
    return _open_state(visit, zone, now)


def takes_answers(visit: Visit, now: datetime) -> bool:
    """Whether the visit is open for its patient: in its window, not sent, cancelled or closed."""
    over = visit.submitted_at or visit.cancelled_at or visit.closed_at
    return not over and visit.opens_at <= now < visit.closes_at


def _open_state(visit: Visit, zone: ZoneInfo, now: datetime) -> str:
    today = local_date(now, zone)
    if today < visit.due_on:
        return "open"
    return "due" if today <= visit.due_on + OVERDUE_AFTER else "overdue"
