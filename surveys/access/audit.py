"""Audit rows, written in the transaction of the act they record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from surveys.models import AuditEvent


@dataclass(frozen=True)
class Actor:
    """Who acts: a staff member, a patient (by session) or the system itself."""

    kind: str  # staff, patient, system
    id: UUID | None = None

    @property
    def staff_id(self) -> UUID | None:
        """The staff member's id, for ``recorded_by`` columns; None for anyone else."""
        return self.id if self.kind == "staff" else None


SYSTEM = Actor("system")


def record(
    session: Session,
    clinic_id: UUID,
    actor: Actor,
    action: str,
    subject: tuple[str, UUID],
    *,
    now: datetime,
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Add one audit row. ``old`` and ``new`` hold codes, dates and ids, never personal values."""
    session.add(
        AuditEvent(
            clinic_id=clinic_id,
            at=now,
            actor_kind=actor.kind,
            actor_id=actor.id,
            action=action,
            subject=subject[0],
            subject_id=subject[1],
            old=old,
            new=new,
            reason=reason,
        )
    )
