"""What stands beside a staff account: second factor, recovery codes, links by mail, sign-ins half done."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from surveys.db import Base, Tenant, tenant_keys
from surveys.models.checks import one_of
from surveys.models.message import TERMINAL, WAITING

PURPOSES = ("invitation", "password_reset")
MAIL_PURPOSES = (*PURPOSES, "alert")
METHODS = ("password", "institution")


class StaffFactor(Tenant, Base):
    """A secret for time-based codes. It counts once ``confirmed_at`` is set, until ``removed_at``."""

    __tablename__ = "staff_factor"
    staff_id: Mapped[UUID]
    secret_enc: Mapped[bytes]
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)  # the newest accepted, in 30 s since 1970
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    __table_args__ = (
        *tenant_keys(staff_id="staff"),
        Index(
            "uq_staff_factor_in_use",
            "clinic_id",
            "staff_id",
            unique=True,
            postgresql_where="confirmed_at IS NOT NULL AND removed_at IS NULL",
        ),
    )


class RecoveryCode(Tenant, Base):
    """One of ten codes that stand in for the second factor; each works once. Only its SHA-256 is kept."""

    __tablename__ = "recovery_code"
    staff_id: Mapped[UUID]
    code_digest: Mapped[bytes]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    __table_args__ = (*tenant_keys(staff_id="staff"), Index("ix_recovery_code_staff", "clinic_id", "staff_id"))


class PendingSignIn(Tenant, Base):
    """A browser that has shown the password and not yet the second factor: it may do nothing else."""

    __tablename__ = "pending_sign_in"
    staff_id: Mapped[UUID]
    token_digest: Mapped[bytes]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        *tenant_keys(staff_id="staff"),
        Index("ix_pending_sign_in_digest", "token_digest", unique=True),
    )


class StaffIdentity(Tenant, Base):
    """A person's identity at the institution. ``key`` is a digest of issuer and subject, never an address."""

    __tablename__ = "staff_identity"
    staff_id: Mapped[UUID]
    issuer: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    __table_args__ = (*tenant_keys(staff_id="staff"), UniqueConstraint("clinic_id", "staff_id"))


class StaffLink(Tenant, Base):
    """A link that lets a person set a password. The token exists in the mail only; here is its SHA-256."""

    __tablename__ = "staff_link"
    staff_id: Mapped[UUID]
    purpose: Mapped[str]
    token_digest: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    __table_args__ = (
        *tenant_keys(staff_id="staff"),
        one_of("purpose", *PURPOSES),
        Index("ix_staff_link_digest", "token_digest", unique=True),
        Index("ix_staff_link_staff", "clinic_id", "staff_id"),
    )


class StaffMail(Tenant, Base):
    """A mail to staff, handed over by the worker. Unique by person, purpose and request; times are real ones."""

    __tablename__ = "staff_mail"
    staff_id: Mapped[UUID]
    purpose: Mapped[str]
    request: Mapped[UUID]
    state: Mapped[str] = mapped_column(default="planned")
    due_at: Mapped[datetime]
    refusal: Mapped[str | None]
    message_id: Mapped[str]  # RFC 5322
    attempts: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0)  # rises with each claim; a late worker's number is old
    lease_until: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    __table_args__ = (
        *tenant_keys(staff_id="staff"),
        UniqueConstraint("clinic_id", "staff_id", "purpose", "request"),
        one_of("purpose", *MAIL_PURPOSES),
        one_of("state", *WAITING, *TERMINAL),
        CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="refusal_has_a_reason"),
        Index(
            "ix_staff_mail_waiting",
            "clinic_id",
            "due_at",
            postgresql_where="state IN ('planned', 'claimed', 'sending')",
        ),
    )
