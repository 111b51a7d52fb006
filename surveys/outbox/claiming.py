"""Taking due rows for one worker: under a lease by the real clock, and a fence number."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, func, select, tuple_, union_all, update
from sqlalchemy.orm import Session

from surveys.db import UNSYNCED
from surveys.models import Message

LEASE = timedelta(minutes=5)


@dataclass(frozen=True)
class Claim:
    """A message in a worker's hands. Once another worker holds a higher fence, this one is void."""

    clinic_id: UUID
    id: UUID
    fence: int


def claim(
    session: Session,
    limit: int,
    *,
    now: datetime,
    lease: timedelta = LEASE,
    channels: Collection[str] = (),
    but: ColumnElement[bool] | None = None,
) -> list[Claim]:
    """Claim up to ``limit`` due messages, earliest first, passing over rows that others are claiming.

    ``now`` is the domain clock; the lease runs by the database's real one. A claim whose lease ran out
    is due again: its worker died before it began to send. ``channels``: of these alone; empty, of all.
    ``but``: none of these.
    """
    # not clock_timestamp(), which no index can be asked for: every row in other workers' hands would be met
    abandoned = (Message.state == "claimed") & (Message.lease_until < func.statement_timestamp())
    due = (Message.state == "planned") & (Message.due_at <= now)
    if but is not None:
        abandoned, due = abandoned & ~but, due & ~but
    either = union_all(select(_first(abandoned, limit, channels).c.id), select(_first(due, limit, channels).c.id))
    chosen = select(either.subquery().c.id).limit(limit)
    taken = (
        update(Message)
        .where(Message.id.in_(chosen.scalar_subquery()))
        .values(state="claimed", claimed_at=now, fence=Message.fence + 1, lease_until=func.clock_timestamp() + lease)
        .returning(Message.due_at, Message.step, Message.clinic_id, Message.id, Message.fence)
    )
    rows = session.execute(taken, execution_options=UNSYNCED).all()
    return [Claim(row.clinic_id, row.id, row.fence) for row in sorted(rows, key=lambda row: (row.due_at, row.step))]


def _first(which: ColumnElement[bool], limit: int, channels: Collection[str]) -> CTE:
    """Lock the earliest. The two kinds are sought apart, each by its own small index, however many are due.

    By due time alone, as the index has it: a second key would sort all that are due at the same moment.
    """
    wanted = select(Message.id).where(which)
    if channels:
        wanted = wanted.where(Message.channel.in_(channels))
    return wanted.order_by(Message.due_at).limit(limit).with_for_update(skip_locked=True).cte()


def release(session: Session, claims: Sequence[Claim]) -> None:
    """Give back claims that were not begun, uncounted."""
    pairs = [(mine.id, mine.fence) for mine in claims]
    if pairs:
        mine = tuple_(Message.id, Message.fence).in_(pairs) & (Message.state == "claimed")
        given_back = update(Message).where(mine).values(state="planned", lease_until=None)
        session.execute(given_back, execution_options=UNSYNCED)
