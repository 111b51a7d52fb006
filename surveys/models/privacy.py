"""What became of a person's data: erasures, merged duplicates, and who agreed to an erasure that falls due."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from surveys.db import Base, Tenant, tenant_keys
from surveys.models.checks import one_of


class Erasure(Tenant, Base):
    """One person's identity removed, with the proof that was made of it; holds counts and names of columns only."""

    __tablename__ = "erasure"
    patient_id: Mapped[UUID]
    cause: Mapped[str]
    erased_at: Mapped[datetime]
    erased_by: Mapped[UUID | None]  # None: the clinic chose to erase what is due by itself
    withheld: Mapped[bool]  # the person also wanted the answers out of every figure
    proof: Mapped[dict[str, Any]]
    __table_args__ = (
        *tenant_keys(patient_id="patient", erased_by="staff"),
        UniqueConstraint("clinic_id", "patient_id"),
        one_of("cause", "request", "retention"),
    )


class Merge(Tenant, Base):
    """Two records of one person as one; ``changes`` holds what each touched row had before and has since."""

    __tablename__ = "merge"
    kept_id: Mapped[UUID]
    merged_id: Mapped[UUID]
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    reason: Mapped[str]
    merged_at: Mapped[datetime]
    merged_by: Mapped[UUID | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[UUID | None]
    __table_args__ = (
        *tenant_keys(kept_id="patient", merged_id="patient", merged_by="staff", undone_by="staff"),
        Index("ix_merge_kept", "clinic_id", "kept_id"),
    )


class RetentionDecision(Tenant, Base):
    """A person's yes to erasing a record on the day it falls due; a later contact moves that day and voids it."""

    __tablename__ = "retention_decision"
    patient_id: Mapped[UUID]
    due_on: Mapped[date]
    decided_at: Mapped[datetime]
    decided_by: Mapped[UUID]
    __table_args__ = (
        *tenant_keys(patient_id="patient", decided_by="staff"),
        UniqueConstraint("clinic_id", "patient_id", "due_on"),
    )
