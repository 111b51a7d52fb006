"""The patient and what the patient allowed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from surveys.db import Base, Tenant, tenant_keys
from surveys.models.checks import one_of

KINDS = ("contact_email", "contact_sms", "contact_phone", "participation", "research", "public_aggregates")


class Patient(Tenant, Base):
    """A person under a pseudonymous number; every ``*_enc`` column is AES-256-GCM, every ``*_index`` an HMAC.

    E-mail addresses and telephones are not unique: couples share them.
    """

    __tablename__ = "patient"
    number: Mapped[int]
    chart_number_enc: Mapped[bytes | None]  # this and the names are None once the person is erased
    chart_number_index: Mapped[bytes | None]
    first_name_enc: Mapped[bytes | None]
    surname_enc: Mapped[bytes | None]
    surname_index: Mapped[bytes | None]
    email_enc: Mapped[bytes | None]
    email_index: Mapped[bytes | None]
    phone_enc: Mapped[bytes | None]
    phone_index: Mapped[bytes | None]
    sex: Mapped[str | None]
    birth_year: Mapped[int | None]
    language: Mapped[str]
    time_zone: Mapped[str]
    channel: Mapped[str]
    created_at: Mapped[datetime]
    paused_until: Mapped[datetime | None]  # no message before; the patient's own wish
    erased_at: Mapped[datetime | None]
    withheld_at: Mapped[datetime | None]  # no figure counts this person
    merged_into: Mapped[UUID | None]  # the record that goes on, where this one was a duplicate
    __table_args__ = (
        *tenant_keys(merged_into="patient"),
        UniqueConstraint("clinic_id", "number"),
        UniqueConstraint("clinic_id", "chart_number_index"),
        one_of("sex", "female", "male", "other"),
        one_of("channel", "email", "sms", "none"),
        Index("ix_patient_withheld", "clinic_id", "id", postgresql_where="withheld_at IS NOT NULL"),
        Index("ix_patient_surname", "clinic_id", "surname_index"),
        Index("ix_patient_email", "clinic_id", "email_index"),
        Index("ix_patient_phone", "clinic_id", "phone_index"),
    )


class Consent(Tenant, Base):
    """One permission, in the version that was shown; withdrawing sets a moment and deletes nothing."""

    __tablename__ = "consent"
    patient_id: Mapped[UUID]
    kind: Mapped[str]
    version: Mapped[str]
    text_hash: Mapped[str]
    language: Mapped[str]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    recorded_by: Mapped[UUID | None]  # None: the patient, on the first screen
    __table_args__ = (
        *tenant_keys(patient_id="patient", recorded_by="staff"),
        one_of("kind", *KINDS),
        Index("ix_consent_patient", "clinic_id", "patient_id", "kind"),
        Index(
            "uq_consent_current",
            "clinic_id",
            "patient_id",
            "kind",
            unique=True,
            postgresql_where="withdrawn_at IS NULL",
        ),
    )
