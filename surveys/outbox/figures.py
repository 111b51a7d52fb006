"""What became of a clinic's messages, counted: every number is a count over the rows of ``message``.

A message counts on the day it was settled; one that waits counts on the day it is due.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from surveys.models import Clinic, Message, RelayBucket
from surveys.models.message import TERMINAL, WAITING
from surveys.schedule import local_date, local_instant

STATES = (*WAITING, *TERMINAL)
SPANS: Mapping[str, int | None] = {"today": 1, "week": 7, "month": 30, "all": None}  # days up to and with today
MIDNIGHT = time(0)
NOT_RECORDED = "not_recorded"  # the cause of what was settled before causes were kept
Counts = Mapping[str, Mapping[str, int]]  # by code, then by span


def counted_at() -> ColumnElement[datetime]:
    """The moment by which a message counts."""
    return func.coalesce(Message.settled_at, Message.due_at)


@dataclass(frozen=True)
class Span:
    """Half-open instants of so many of the clinic's days; None: no end on that side."""

    since: datetime | None
    until: datetime | None


@dataclass(frozen=True)
class Waiting:
    """What is due and has not gone. ``again``: waits for another try after a relay's refusal."""

    due: int
    oldest: datetime | None
    in_hands: int
    again: int


@dataclass(frozen=True)
class ChannelCounts:
    """One channel over a span: its states, and when a relay last took a message by it."""

    channel: str
    states: Mapping[str, int]
    last_sent: datetime | None
    last_reply: str | None


def span_of(code: str, clinic: Clinic, *, now: datetime) -> Span:
    """The instants of one of ``SPANS`` in the clinic's zone."""
    days, zone = SPANS[code], ZoneInfo(clinic.time_zone)
    if days is None:
        return Span(None, None)
    today = local_date(now, zone)
    first = local_instant(today - timedelta(days=days - 1), MIDNIGHT, zone)
    return Span(first, local_instant(today + timedelta(days=1), MIDNIGHT, zone))


def within(span: Span) -> ColumnElement[bool]:
    """Whether a message counts in the span."""
    since = counted_at() >= span.since if span.since else counted_at().is_not(None)
    return since & (counted_at() < span.until) if span.until else since


def _counted(
    session: Session,
    clinic: Clinic,
    by: ColumnElement[str] | InstrumentedAttribute[str] | InstrumentedAttribute[str | None],
    *narrower: ColumnElement[bool],
    now: datetime,
) -> Counts:
    """Count by a column, in each span."""
    columns = [func.count().filter(within(span_of(code, clinic, now=now))).label(code) for code in SPANS]
    rows = session.execute(
        select(by.label("by"), *columns).where(Message.clinic_id == clinic.id, *narrower).group_by("by")
    )
    return {row.by: {code: getattr(row, code) for code in SPANS} for row in rows}


def by_state(session: Session, clinic: Clinic, *, now: datetime) -> Counts:
    """How many messages are in each state, in each span; a state without any has noughts."""
    nothing = dict.fromkeys(SPANS, 0)
    known = _counted(session, clinic, Message.state, now=now)
    return {state: known.get(state, nothing) for state in STATES}


def by_refusal(session: Session, clinic: Clinic, *, now: datetime) -> Counts:
    """The refused by their reason."""
    return _counted(session, clinic, Message.refusal, Message.state == "refused", now=now)


def by_cause(session: Session, clinic: Clinic, *, now: datetime, state: str = "cancelled") -> Counts:
    """The cancelled, or the ``expired``, by their cause."""
    return _counted(session, clinic, kept_cause(), Message.state == state, now=now)


def kept_cause() -> ColumnElement[str]:
    """Why a message was cancelled or expired; what expired before causes were kept says so."""
    return func.coalesce(Message.cause, NOT_RECORDED)


def waiting(session: Session, clinic: Clinic, *, now: datetime) -> Waiting:
    """What should have gone by ``now``."""
    planned = Message.state == "planned"
    due = planned & (Message.due_at <= now)
    row = session.execute(
        select(
            func.count().filter(due),
            func.min(Message.due_at).filter(due),
            func.count().filter(Message.state.in_(("claimed", "sending"))),
            func.count().filter(planned & (Message.attempts > 0)),
        ).where(Message.clinic_id == clinic.id, Message.state.in_(WAITING))
    ).one()
    return Waiting(*row)


def by_channel(session: Session, clinic: Clinic, *, now: datetime) -> Sequence[ChannelCounts]:
    """Each channel's states over the last 30 days, and what its relay last took."""
    inside = within(span_of("month", clinic, now=now))
    columns = [func.count().filter(inside, Message.state == state).label(state) for state in STATES]
    last = func.max(Message.settled_at).filter(Message.state == "sent", Message.carried_by.is_(None)).label("last_sent")
    grouped = select(Message.channel, *columns, last).where(Message.clinic_id == clinic.id).group_by(Message.channel)
    return [
        ChannelCounts(
            row.channel,
            {state: getattr(row, state) for state in STATES},
            row.last_sent,
            _last_reply(session, clinic, row.channel),
        )
        for row in session.execute(grouped.order_by(Message.channel)).all()
    ]


def _last_reply(session: Session, clinic: Clinic, channel: str) -> str | None:
    told = select(Message.reply).where(Message.clinic_id == clinic.id, Message.channel == channel)
    newest = func.coalesce(Message.settled_at, Message.sending_at).desc().nulls_last()
    return session.scalar(told.where(Message.reply.is_not(None)).order_by(newest).limit(1))


def by_day(session: Session, clinic: Clinic, *, now: datetime) -> Sequence[tuple[date, Mapping[str, int]]]:
    """Each of the last 30 of the clinic's days with its counts by state, the oldest first."""
    span, zone = span_of("month", clinic, now=now), clinic.time_zone
    day = cast(func.timezone(zone, counted_at()), Date).label("day")
    counted = select(day, Message.state, func.count().label("n")).where(Message.clinic_id == clinic.id, within(span))
    known: dict[date, dict[str, int]] = {}
    for row in session.execute(counted.group_by(day, Message.state)):
        known.setdefault(row.day, {})[row.state] = row.n
    today = local_date(now, ZoneInfo(zone))
    days = [today - timedelta(days=back) for back in range(29, -1, -1)]
    return [(each, {state: known.get(each, {}).get(state, 0) for state in STATES}) for each in days]


def buckets(session: Session) -> Sequence[RelayBucket]:
    """How many messages each relay may be given now, for the whole service."""
    return session.scalars(select(RelayBucket).order_by(RelayBucket.relay)).all()
