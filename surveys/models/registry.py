"""Which analyst of the registry may read a clinic's figures."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from surveys.db import Base, Tenant, tenant_keys


class RegistryGrant(Tenant, Base):
    """A row of the clinic that grants. The analyst belongs to another clinic, so no foreign key reaches there."""

    __tablename__ = "registry_grant"
    analyst_clinic_id: Mapped[UUID]
    analyst_id: Mapped[UUID]
    analyst_login: Mapped[str]  # as the administrator typed it, for the clinic's own list
    granted_by: Mapped[UUID]
    granted_at: Mapped[datetime]
    revoked_by: Mapped[UUID | None]
    revoked_at: Mapped[datetime | None]
    __table_args__ = (
        *tenant_keys(granted_by="staff", revoked_by="staff"),
        Index(
            "uq_registry_grant_current", "clinic_id", "analyst_id", unique=True, postgresql_where="revoked_at IS NULL"
        ),
        Index("ix_registry_grant_analyst", "analyst_id"),
    )
