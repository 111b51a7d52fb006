"""When the service last ticked, was backed up, restored and drilled."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from surveys.models import Operation


def note_operation(session: Session, kind: str, details: dict[str, Any], *, now: datetime) -> None:
    """Write down that something of this kind was done at ``now``, by the real clock."""
    row = insert(Operation).values(kind=kind, at=now, details=details)
    newer = {"at": row.excluded.at, "details": row.excluded.details}
    session.execute(row.on_conflict_do_update(index_elements=["kind"], set_=newer))


def operations(session: Session) -> dict[str, Operation]:
    """Return what was last done, by kind; a kind never done is missing."""
    return {row.kind: row for row in session.scalars(select(Operation))}
