"""Addresses and numbers that nothing goes to any more: what came back, and what its owner stopped."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from surveys.access.chain.audit import Actor, record
from surveys.db import uuid7
from surveys.models import Consent, Patient, SuppressedPhone, Suppression

CONTACT = ("contact_email", "contact_sms", "contact_phone")


def suppress_address(session: Session, clinic_id: UUID, index: bytes, reason: str, *, now: datetime) -> bool:
    """Let no mail go to an address; returns whether it was free before."""
    row = {"id": uuid7(), "clinic_id": clinic_id, "email_index": index, "reason": reason, "at": now}
    new = insert(Suppression).values(**row).on_conflict_do_nothing().returning(Suppression.id)
    return session.scalar(new) is not None


def suppress_phone(session: Session, clinic_id: UUID, index: bytes, reason: str, *, now: datetime) -> bool:
    """Let no text go to a number; returns whether it was free before."""
    row = {"id": uuid7(), "clinic_id": clinic_id, "phone_index": index, "reason": reason, "at": now}
    new = insert(SuppressedPhone).values(**row).on_conflict_do_nothing().returning(SuppressedPhone.id)
    return session.scalar(new) is not None


def suppress_of(session: Session, patient: Patient, channel: str, reason: str, *, now: datetime) -> bool:
    """Let nothing go to the patient by ``email`` or ``sms``; returns whether it was free before."""
    index = patient.phone_index if channel == "sms" else patient.email_index
    if index is None:
        return False
    return (suppress_phone if channel == "sms" else suppress_address)(
        session, patient.clinic_id, index, reason, now=now
    )


def wait_for_hand_overs(session: Session, patient_ids: Collection[UUID]) -> None:
    """Wait for what is about to be ``sending`` to these patients, and let nothing else begin before the end.

    So it is with whoever shares an address or a number with them. A hand-over's last look holds the patient's
    permissions too, so that one of the two sees the other.
    """
    they = aliased(Patient)
    shared = or_(
        Patient.id == they.id, Patient.email_index == they.email_index, Patient.phone_index == they.phone_index
    )
    concerned = select(Patient.id).join(they, shared).where(they.id.in_(patient_ids))
    theirs = Consent.patient_id.in_(concerned), Consent.kind.in_(CONTACT), Consent.withdrawn_at.is_(None)
    session.execute(select(Consent.id).where(*theirs).order_by(Consent.id).with_for_update()).all()


def lift(session: Session, patient: Patient, *, actor: Actor, now: datetime) -> frozenset[str]:
    """Let messages go to the patient's address and number again; returns the channels that were stopped."""
    mail = delete(Suppression).where(Suppression.email_index == patient.email_index).returning(Suppression.id)
    texts = delete(SuppressedPhone).where(SuppressedPhone.phone_index == patient.phone_index)
    found = {"email": session.execute(mail).all(), "sms": session.execute(texts.returning(SuppressedPhone.id)).all()}
    lifted = frozenset(channel for channel, rows in found.items() if rows)
    if lifted:
        what = {"channels": sorted(lifted)}
        record(session, patient.clinic_id, actor, "suppression_lifted", ("patient", patient.id), now=now, new=what)
    return lifted


def stopped(session: Session, patient: Patient) -> dict[str, str]:
    """The channels by which nothing goes to the patient, with the reason."""
    mail = select(Suppression.reason).where(Suppression.email_index == patient.email_index)
    texts = select(SuppressedPhone.reason).where(SuppressedPhone.phone_index == patient.phone_index)
    found = {"email": session.scalar(mail), "sms": session.scalar(texts)}
    return {channel: reason for channel, reason in found.items() if reason}
