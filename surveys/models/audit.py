"""Who did what, when and why; append-only, sealed by a hash chain kept apart."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    FetchedValue,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from surveys.db import Base, Tenant, tenant_keys, uuid7
from surveys.models.checks import one_of


class AuditEvent(Base):
    """One act, written in the transaction of the act. Personal values stand in it under the patient's key only."""

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
    patient_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))  # whom a page showed
    # 64 bits, so that it never starts over; the database writes it. None: before there was a chain
    txid: Mapped[int | None] = mapped_column(BigInteger, server_default=FetchedValue())
    __mapper_args__ = {"eager_defaults": False}  # noqa: RUF012 - SQLAlchemy's API
    __table_args__ = (
        PrimaryKeyConstraint("clinic_id", "id"),
        ForeignKeyConstraint(["clinic_id"], ["clinic.id"]),
        one_of("actor_kind", "staff", "patient", "system"),
        Index("ix_audit_event_subject", "clinic_id", "subject", "subject_id"),
        Index("ix_audit_event_txid", "clinic_id", "txid"),
        Index("ix_audit_event_at", "clinic_id", "at"),
        Index("ix_audit_event_patients", "patient_ids", postgresql_using="gin"),
    )


class AuditLink(Base):
    """One audit row in the chain: ``chain_hash`` is the SHA-256 of the link before and the row's content."""

    __tablename__ = "audit_link"
    clinic_id: Mapped[UUID]
    sequence: Mapped[int] = mapped_column(BigInteger)  # 1, 2, 3 … without a gap in each clinic
    event_id: Mapped[UUID]
    chain_hash: Mapped[bytes]
    __table_args__ = (
        PrimaryKeyConstraint("clinic_id", "sequence"),
        ForeignKeyConstraint(["clinic_id"], ["clinic.id"]),
        ForeignKeyConstraint(["clinic_id", "event_id"], ["audit_event.clinic_id", "audit_event.id"]),
        UniqueConstraint("clinic_id", "event_id"),
    )


class AuditSeal(Tenant, Base):
    """One run of the sealer: the chain stood at ``chain_hash`` after ``last_sequence`` events."""

    __tablename__ = "audit_seal"
    position: Mapped[int]  # 1, 2, 3 … without a gap in each clinic
    last_event_id: Mapped[UUID]
    last_sequence: Mapped[int] = mapped_column(BigInteger)
    events: Mapped[int]  # added by this run
    below: Mapped[int] = mapped_column(BigInteger)  # every transaction with a lower number had ended
    cluster: Mapped[int] = mapped_column(BigInteger)  # whose numbers: those of a restored copy start elsewhere
    chain_hash: Mapped[bytes]
    sealed_at: Mapped[datetime]  # the real clock
    __table_args__ = (*tenant_keys(), UniqueConstraint("clinic_id", "position"))


class AuditCheck(Tenant, Base):
    """One verification of the chain, and the first thing it found wrong."""

    __tablename__ = "audit_check"
    checked_at: Mapped[datetime]  # the real clock
    events: Mapped[int]
    problem: Mapped[str | None]
    __table_args__ = (*tenant_keys(), Index("ix_audit_check_at", "clinic_id", "checked_at"))
