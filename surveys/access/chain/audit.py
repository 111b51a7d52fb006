"""Audit rows, written in the transaction of the act they record."""

from __future__ import annotations

from collections.abc import Sequence
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
    patient_ids: Sequence[UUID] | None = None,
) -> None:
    """Add one audit row.

    ``old`` and ``new`` hold codes, dates and ids; a personal value stands in them only as ``personal.sealed`` gives
    it. ``patient_ids``: whom a list showed, where the subject is not one patient.
    """
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
            patient_ids=None if patient_ids is None else list(patient_ids),
        )
    )


def record_view(
    session: Session, clinic_id: UUID, actor: Actor, page: str, patient_ids: Sequence[UUID], *, now: datetime
) -> None:
    """Add one row that says who was shown whom; ``page``: the endpoint. Nobody shown adds nothing."""
    if not patient_ids:
        return
    alone = len(patient_ids) == 1
    subject = ("patient", patient_ids[0]) if alone else ("clinic", clinic_id)
    shown = None if alone else patient_ids
    record(session, clinic_id, actor, "viewed", subject, now=now, new={"page": page}, patient_ids=shown)
