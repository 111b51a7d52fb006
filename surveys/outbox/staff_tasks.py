"""Opening a task for a person, once per visit and kind."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from surveys.db import uuid7
from surveys.models import Message, StaffTask


def open_task(session: Session, message: Message, kind: str, *, now: datetime) -> None:
    """Open a task about the message's visit; one that exists stays as it is."""
    row = {"id": uuid7(), "clinic_id": message.clinic_id, "visit_id": message.visit_id, "kind": kind, "opened_at": now}
    session.execute(insert(StaffTask).values(**row).on_conflict_do_nothing())


def ask_staff(session: Session, clinic_id: UUID, visit_id: UUID, kind: str, *, now: datetime) -> None:
    """Open a task about a visit, or open it again where it was closed."""
    row = {"id": uuid7(), "clinic_id": clinic_id, "visit_id": visit_id, "kind": kind, "opened_at": now}
    again = {"opened_at": now, "closed_at": None, "closed_by": None, "outcome": None}
    wish = insert(StaffTask).values(**row)
    session.execute(wish.on_conflict_do_update(index_elements=["clinic_id", "visit_id", "kind"], set_=again))
