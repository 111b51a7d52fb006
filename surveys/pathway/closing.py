"""The end of a window: complete answers count, what was not handed over expires, nothing more goes out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveys.answering import responses
from surveys.db import UNSYNCED
from surveys.models import Clinic, Episode, Message, ProtocolVersion, Visit
from surveys.outbox.staff_tasks import close_tasks
from surveys.protocols import store as protocol_store


def close_windows(session: Session, clinic: Clinic, *, now: datetime, limit: int = 200) -> int:
    """Close up to ``limit`` visits whose window is over; returns how many. Run twice it changes nothing."""
    over = (
        select(Visit, ProtocolVersion)
        .join(Episode, Episode.id == Visit.episode_id)
        .join(ProtocolVersion, ProtocolVersion.id == Episode.protocol_id)
        .where(Visit.clinic_id == clinic.id, Visit.closed_at.is_(None), Visit.closes_at <= now)
        .order_by(Visit.closes_at)
        .limit(limit)
        .with_for_update(of=Visit, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    rows = session.execute(over).all()
    for visit, version in rows:
        if visit.cancelled_at is None and visit.submitted_at is None:
            responses.finalise_unsent(session, visit, protocol_store.protocol_of(version), now=now)
        visit.closed_at = now
    if rows:
        ids = [visit.id for visit, _ in rows]
        _expire(session, ids, now)
        close_tasks(session, ids, "window_closed", now=now)
    session.flush()
    return len(rows)


def _expire(session: Session, visit_ids: Sequence[UUID], now: datetime) -> None:
    waiting = Message.visit_id.in_(visit_ids) & Message.state.in_(("planned", "claimed", "held"))
    session.execute(
        update(Message).where(waiting).values(state="expired", cause="window_closed", settled_at=now, lease_until=None),
        execution_options=UNSYNCED,
    )
