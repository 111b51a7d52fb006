"""Tasks for a person: opened once per visit and kind, and closed by whatever makes them pointless."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM, Actor
from surveys.db import UNSYNCED, uuid7
from surveys.models import Message, StaffTask, StaffTaskLog
from surveys.models.message import OUTCOMES

ABOUT_VISIT = ("phone", "no_channel", "bounced", "unknown_handover", "failed_message", "birth_year", "language")
AFRESH = {"closed_at": None, "closed_by": None, "outcome": None, "next_try_on": None}


def open_task(session: Session, message: Message, kind: str, *, now: datetime) -> None:
    """Open a task about the message's visit; one that is open, or that a person closed, stays as it is."""
    open_once(session, message.clinic_id, message.visit_id, kind, now=now)


def open_once(session: Session, clinic_id: UUID, visit_id: UUID, kind: str, *, now: datetime) -> None:
    """Open a task about a visit; one that is open, or that a person closed, stays as it is."""
    row = {"id": uuid7(), "clinic_id": clinic_id, "visit_id": visit_id, "kind": kind, "opened_at": now}
    wish = insert(StaffTask).values(**row)
    by_itself = or_(StaffTask.outcome.is_(None), StaffTask.outcome.not_in(OUTCOMES))
    again = {"opened_at": now, **AFRESH}
    key = ["clinic_id", "visit_id", "kind"]
    over = StaffTask.closed_at.is_not(None) & by_itself
    session.execute(wish.on_conflict_do_update(index_elements=key, set_=again, where=over))


def ask_staff(session: Session, clinic_id: UUID, visit_id: UUID, kind: str, *, now: datetime) -> None:
    """Open a task about a visit, or open it again where it was closed."""
    row = {"id": uuid7(), "clinic_id": clinic_id, "visit_id": visit_id, "kind": kind, "opened_at": now}
    again = {"opened_at": now, **AFRESH}
    wish = insert(StaffTask).values(**row)
    session.execute(wish.on_conflict_do_update(index_elements=["clinic_id", "visit_id", "kind"], set_=again))


def close_tasks(
    session: Session,
    visit_ids: Sequence[UUID],
    outcome: str,
    *,
    now: datetime,
    by: Actor = SYSTEM,
    kinds: Collection[str] = ABOUT_VISIT,
) -> None:
    """Close what is open about the visits; a wish to be erased outlives them. An interview is logged as an attempt."""
    theirs = StaffTask.visit_id.in_(visit_ids), StaffTask.closed_at.is_(None), StaffTask.kind.in_(kinds)
    done = update(StaffTask).where(*theirs).values(closed_at=now, closed_by=by.staff_id, outcome=outcome)
    closed = session.execute(done.returning(StaffTask.clinic_id, StaffTask.id), execution_options=UNSYNCED).all()
    if outcome == "interviewed":
        for clinic_id, task_id in closed[:1]:
            log(session, clinic_id, task_id, outcome, "", by=by, now=now)


def log(
    session: Session, clinic_id: UUID, task_id: UUID, outcome: str | None, note: str, *, by: Actor, now: datetime
) -> None:
    """Add a line to what was done about a task."""
    line = StaffTaskLog(clinic_id=clinic_id, id=uuid7(), task_id=task_id, staff_id=by.staff_id, at=now, note=note)
    line.outcome = outcome
    session.add(line)
