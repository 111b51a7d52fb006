"""The clinic (tenant), its staff, their sessions, and the domain clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, CheckConstraint, Index, Text, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from surveys.db import Base, Tenant, tenant_keys, uuid7
from surveys.models.checks import one_of

ROLES = ("clinician", "coordinator", "analyst", "admin", "registry_analyst")


class Clinic(Base):
    """One site: the tenant. Row-level security on this table reads ``id``."""

    __tablename__ = "clinic"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    sender_name: Mapped[str]  # condition-neutral: it stands in the patient's inbox
    sender_address: Mapped[str]
    reply_to: Mapped[str]
    phone: Mapped[str]
    time_zone: Mapped[str]
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text))
    unknown_policy: Mapped[str] = mapped_column(default="never_resend")
    next_patient_number: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    send_on_weekends: Mapped[bool] = mapped_column(default=True, server_default=true())
    birth_year_check: Mapped[bool] = mapped_column(default=False, server_default=false())
    retention_years: Mapped[int | None]  # after the last contact; None: nothing falls due
    retention_automatic: Mapped[bool] = mapped_column(default=False, server_default=false())
    __table_args__ = (
        one_of("unknown_policy", "resend_once", "never_resend"),
        CheckConstraint("retention_years BETWEEN 1 AND 50", name="retention_in_range"),
    )


class ClinicHoliday(Tenant, Base):
    """A day on which the clinic sends nothing to patients."""

    __tablename__ = "clinic_holiday"
    on_date: Mapped[date]
    name: Mapped[str]
    __table_args__ = (*tenant_keys(), UniqueConstraint("clinic_id", "on_date"))


class Staff(Tenant, Base):
    """A person who signs in, with one role in one clinic; the login is unique across clinics."""

    __tablename__ = "staff"
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str | None]  # argon2id; None until the invitation is accepted, or by institution only
    email_enc: Mapped[bytes | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    __table_args__ = (*tenant_keys(), one_of("role", *ROLES))


class StaffSession(Tenant, Base):
    """A signed-in browser. The cookie's token is kept only as SHA-256."""

    __tablename__ = "staff_session"
    staff_id: Mapped[UUID]
    token_digest: Mapped[bytes]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    authenticated_at: Mapped[datetime | None]  # the last time the person proved who they are; None: at its beginning
    method: Mapped[str] = mapped_column(server_default="password")
    browser: Mapped[str | None]  # its family and system, as the person's list of sessions names it
    revoked_at: Mapped[datetime | None]
    __table_args__ = (
        *tenant_keys(staff_id="staff"),
        one_of("method", "password", "institution"),
        Index("ix_staff_session_person", "clinic_id", "staff_id"),
        Index("ix_staff_session_digest", "token_digest", unique=True),
    )


class LoginAttempt(Base):
    """A try to sign in, counted per kind for account and address; holds digests only and no clinic."""

    __tablename__ = "login_attempt"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    account_digest: Mapped[bytes]
    address_digest: Mapped[bytes]
    kind: Mapped[str] = mapped_column(server_default="password")
    at: Mapped[datetime]
    __table_args__ = (
        Index("ix_login_attempt_account", "account_digest", "at"),
        Index("ix_login_attempt_address", "address_digest", "at"),
    )


class DomainClock(Base):
    """The single row behind ``app_now()``: an offset that stays zero outside demo and tests."""

    __tablename__ = "domain_clock"
    single: Mapped[bool] = mapped_column(Boolean, primary_key=True, default=True)
    shift: Mapped[timedelta]
    __table_args__ = (CheckConstraint("single", name="single_row"),)
