"""Who did what, when and why; append-only, sealed by a hash chain kept apart."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, PrimaryKeyConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from surveys.db import Base, Tenant, tenant_keys, uuid7
from surveys.models.checks import one_of


class AuditEvent(Base):
    """One act, written in the transaction of the act. Holds ids and codes, never a personal value."""

    __tablename__ = "audit_event"
    clinic_id: Mapped[UUID]
    id: Mapped[UUID] = mapped_column(default=uuid7)
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    action: Mapped[str]
    subject: Mapped[str]  # table name
    subject_id: Mapped[UUID]
    old: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    new: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    reason: Mapped[str | None]
    __table_args__ = (
        PrimaryKeyConstraint("clinic_id", "id"),
        ForeignKeyConstraint(["clinic_id"], ["clinic.id"]),
        one_of("actor_kind", "staff", "patient", "system"),
        Index("ix_audit_event_subject", "clinic_id", "subject", "subject_id"),
    )


class AuditSeal(Tenant, Base):
    """A link of the hash chain over the audit rows up to ``last_event_id``."""

    __tablename__ = "audit_seal"
    position: Mapped[int]
    last_event_id: Mapped[UUID]
    events: Mapped[int]
    chain_hash: Mapped[bytes]
    sealed_at: Mapped[datetime]
    __table_args__ = tenant_keys()
