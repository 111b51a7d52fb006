"""Taking due rows for one worker: under a lease by the real clock, and a fence number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from surveys.models import Message

LEASE = timedelta(minutes=5)


@dataclass(frozen=True)
class Claim:
    """A message in a worker's hands. Once another worker holds a higher fence, this one is void."""

    clinic_id: UUID
    id: UUID
    fence: int


def claim(session: Session, limit: int, *, now: datetime, lease: timedelta = LEASE) -> list[Claim]:
    """Claim up to ``limit`` due messages, earliest first, passing over rows that others are claiming.

    ``now`` is the domain clock; the lease runs by the database's real one. A claim whose lease ran out
    is due again: its worker died before it began to send.
    """
    abandoned = (Message.state == "claimed") & (Message.lease_until < func.clock_timestamp())
    due = (Message.state == "planned") & (Message.due_at <= now)
    chosen = (
        select(Message.id)
        .where(or_(due, abandoned))
        .order_by(Message.due_at, Message.step)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(Message)
        .where(Message.id.in_(chosen.scalar_subquery()))
        .values(state="claimed", claimed_at=now, fence=Message.fence + 1, lease_until=func.clock_timestamp() + lease)
        .returning(Message.due_at, Message.step, Message.clinic_id, Message.id, Message.fence)
    )
    rows = session.execute(taken, execution_options={"synchronize_session": False}).all()
    return [Claim(row.clinic_id, row.id, row.fence) for row in sorted(rows, key=lambda row: (row.due_at, row.step))]


def release(session: Session, claims: list[Claim]) -> None:
    """Give back claims that were not begun, uncounted; for a relay that cannot be reached."""
    for mine in claims:
        session.execute(
            update(Message)
            .where(Message.id == mine.id, Message.fence == mine.fence, Message.state == "claimed")
            .values(state="planned", lease_until=None),
            execution_options={"synchronize_session": False},
        )
