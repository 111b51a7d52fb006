"""Long work asked for by a person, and the file it makes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from surveys.db import Base, Tenant, tenant_keys
from surveys.models.checks import one_of

JOBS = ("export", "report", "import")


class Job(Tenant, Base):
    """Work drained by beat under a lease; progress is in thousandths. Its file goes when ``expires_at`` is over."""

    __tablename__ = "job"
    kind: Mapped[str]
    state: Mapped[str]
    arguments: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any] | None]  # done: name, type, size, rows, sha256; failed: a sentence
    progress: Mapped[int] = mapped_column(default=0)
    requested_by: Mapped[UUID | None]
    requested_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0, server_default="0")  # rises with each taking
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    __table_args__ = (
        *tenant_keys(requested_by="staff"),
        one_of("kind", *JOBS),
        one_of("state", "waiting", "running", "done", "failed", "cancelled", "expired"),
        CheckConstraint("progress BETWEEN 0 AND 1000", name="progress_in_range"),
        Index("ix_job_open", "clinic_id", "requested_at", postgresql_where="state IN ('waiting', 'running')"),
    )


class JobPart(Base):
    """A piece of a job's file, so that any host can serve it and nothing holds it whole."""

    __tablename__ = "job_part"
    clinic_id: Mapped[UUID]
    job_id: Mapped[UUID]
    number: Mapped[int]  # from 0
    content: Mapped[bytes]
    __table_args__ = (
        PrimaryKeyConstraint("clinic_id", "job_id", "number"),
        ForeignKeyConstraint(["clinic_id"], ["clinic.id"]),
        ForeignKeyConstraint(["clinic_id", "job_id"], ["job.clinic_id", "job.id"]),
    )
