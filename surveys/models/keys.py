"""One key for each patient, kept sealed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from surveys.db import Base, Tenant, tenant_keys


class PatientKey(Tenant, Base):
    """The key that a patient's values in the audit are sealed under, itself sealed; erasure destroys it for good."""

    __tablename__ = "patient_key"
    patient_id: Mapped[UUID]
    wrapped: Mapped[bytes | None]
    made_at: Mapped[datetime]
    destroyed_at: Mapped[datetime | None]
    __table_args__ = (
        *tenant_keys(patient_id="patient"),
        UniqueConstraint("clinic_id", "patient_id"),
        CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed_or_there"),
    )
