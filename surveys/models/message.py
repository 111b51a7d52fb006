"""The outbox, the links it carries, and staff tasks."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, PrimaryKeyConstraint, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from surveys.db import Base, Tenant, tenant_keys, uuid7
from surveys.models.checks import one_of

WAITING = ("planned", "claimed", "sending", "held")
OUTCOMES = ("reached", "promised", "no_answer", "voicemail", "wrong_number", "declined", "interviewed", "other")
TASKS = (
    *("phone", "no_channel", "bounced", "unknown_handover", "failed_message"),
    *("birth_year", "erasure_wish", "language"),
)
TERMINAL = ("sent", "refused", "cancelled", "expired", "unknown")


class Message(Base):
    """One planned message. Unique by visit, step and issue: planning twice adds nothing."""

    __tablename__ = "message"
    clinic_id: Mapped[UUID]
    id: Mapped[UUID] = mapped_column(default=uuid7)
    visit_id: Mapped[UUID]
    step: Mapped[str]  # invitation, reminder_1 … reminder_3, phone_task
    issue: Mapped[int] = mapped_column(default=1)  # rises only by a person's resend
    channel: Mapped[str]
    state: Mapped[str] = mapped_column(default="planned")
    planned_at: Mapped[datetime | None]  # None: planned before this was kept; so are the two below
    due_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]  # the last time a worker took it
    sending_at: Mapped[datetime | None]  # the last time its hand-over began
    refusal: Mapped[str | None]
    cause: Mapped[str | None]  # why it was cancelled
    reply: Mapped[str | None]  # the relay's last status codes, such as "450 4.2.1"; never its words
    carried_by: Mapped[UUID | None]  # the message of the same patient in which it went along
    message_id: Mapped[str]  # RFC 5322 Message-ID, fixed at planning so that a resend carries the same
    attempts: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0)  # rises with each claim; a late worker's number is old
    lease_until: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    __table_args__ = (
        PrimaryKeyConstraint("clinic_id", "id"),
        ForeignKeyConstraint(["clinic_id"], ["clinic.id"]),
        ForeignKeyConstraint(["clinic_id", "visit_id"], ["visit.clinic_id", "visit.id"]),
        UniqueConstraint("clinic_id", "visit_id", "step", "issue"),
        one_of("channel", "email", "sms", "staff"),
        one_of("state", *WAITING, *TERMINAL),
        CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="refusal_has_a_reason"),
        CheckConstraint("state <> 'cancelled' OR cause IS NOT NULL", name="cancelled_has_a_cause"),
        CheckConstraint("attempts BETWEEN 0 AND 6", name="attempts_bounded"),
        Index("ix_message_due", "clinic_id", "due_at", postgresql_where="state = 'planned'"),
        Index("ix_message_message_id", "clinic_id", "message_id"),
        Index("ix_message_explained", "clinic_id", "settled_at", postgresql_where="state IN ('refused', 'unknown')"),
        Index("ix_message_carried", "clinic_id", "carried_by", postgresql_where="carried_by IS NOT NULL"),
        Index("ix_message_held", "clinic_id", "due_at", postgresql_where="state = 'held'"),
        Index(
            "ix_message_leased",
            "clinic_id",
            "lease_until",
            postgresql_where="state IN ('claimed', 'sending')",
        ),
    )


class PatientLink(Tenant, Base):
    """A random token that opens one visit; only its SHA-256 is kept."""

    __tablename__ = "patient_link"
    visit_id: Mapped[UUID]
    token_digest: Mapped[bytes]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]  # by the real clock; None: with its visit. Read off a screen, it is short-lived
    year_tries: Mapped[int] = mapped_column(default=0, server_default="0")  # wrong years of birth given
    __table_args__ = (
        *tenant_keys(visit_id="visit"),
        Index("ix_patient_link_digest", "token_digest", unique=True),
        Index("ix_patient_link_visit", "clinic_id", "visit_id"),
    )


class PatientSession(Tenant, Base):
    """A patient's browser, allowed to append to one visit."""

    __tablename__ = "patient_session"
    link_id: Mapped[UUID]
    visit_id: Mapped[UUID]
    token_digest: Mapped[bytes]
    respondent: Mapped[str]  # who fills it in
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    year_pending: Mapped[bool] = mapped_column(default=False, server_default=false())  # the year of birth is asked
    language: Mapped[str | None]  # chosen on this device; None: the patient's
    staff_id: Mapped[UUID | None]  # who enters an interview or a paper form
    kiosk: Mapped[bool] = mapped_column(default=False, server_default=false())  # a device of the clinic, which forgets
    __table_args__ = (
        *tenant_keys(link_id="patient_link", visit_id="visit", staff_id="staff"),
        one_of("respondent", "self", "self_with_help", "proxy", "tablet", "interview", "paper"),
        Index("ix_patient_session_digest", "token_digest", unique=True),
    )


class Suppression(Tenant, Base):
    """An address mail must not go to, by blind index: it bounced."""

    __tablename__ = "suppression"
    email_index: Mapped[bytes]
    reason: Mapped[str]
    at: Mapped[datetime]
    __table_args__ = (*tenant_keys(), UniqueConstraint("clinic_id", "email_index"))


class SuppressedPhone(Tenant, Base):
    """A telephone no text goes to, by blind index: its owner answered STOP, or the gateway refused it."""

    __tablename__ = "suppressed_phone"
    phone_index: Mapped[bytes]
    reason: Mapped[str]
    at: Mapped[datetime]
    __table_args__ = (*tenant_keys(), UniqueConstraint("clinic_id", "phone_index"))


class RelayBucket(Base):
    """How many messages a relay may still be given now; one row for each relay, whatever number of hosts asks."""

    __tablename__ = "relay_bucket"
    relay: Mapped[str] = mapped_column(primary_key=True)
    tokens: Mapped[float]
    refilled_at: Mapped[datetime]


class StaffTask(Tenant, Base):
    """Something a person must do: phone a patient, mend an address, look at an unknown hand-over."""

    __tablename__ = "staff_task"
    visit_id: Mapped[UUID]
    kind: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    outcome: Mapped[str | None]
    next_try_on: Mapped[date | None]  # the clinic's day on which to try again
    __table_args__ = (
        *tenant_keys(visit_id="visit", closed_by="staff"),
        UniqueConstraint("clinic_id", "visit_id", "kind"),
        one_of("kind", *TASKS),
    )


class StaffTaskLog(Tenant, Base):
    """What was done about a staff task, and when."""

    __tablename__ = "staff_task_log"
    task_id: Mapped[UUID]
    staff_id: Mapped[UUID | None]
    at: Mapped[datetime]
    note: Mapped[str]
    outcome: Mapped[str | None]  # of an attempt to reach the patient
    __table_args__ = (*tenant_keys(task_id="staff_task", staff_id="staff"), one_of("outcome", *OUTCOMES))
