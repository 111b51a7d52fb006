"""A clinic's public page and the keys that sign what stands on it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from surveys.db import Base, Tenant, tenant_keys


class PublicPage(Tenant, Base):
    """The page that anybody may read, one for a clinic; its address is unique across clinics."""

    __tablename__ = "public_page"
    slug: Mapped[str] = mapped_column(unique=True)
    opened_at: Mapped[datetime | None]  # None: closed
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID]
    __table_args__ = (
        *tenant_keys(changed_by="staff"),
        UniqueConstraint("clinic_id"),
        CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{1,60}[a-z0-9]$'", name="slug_fits_an_address"),
    )


class SigningKey(Tenant, Base):
    """An Ed25519 key of the clinic. A retired one signs nothing any more; what it signed stays verifiable."""

    __tablename__ = "signing_key"
    public_key: Mapped[bytes]  # 32 bytes
    private_enc: Mapped[bytes]
    made_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    __table_args__ = (*tenant_keys(), CheckConstraint("octet_length(public_key) = 32", name="public_key_is_ed25519"))
