"""A reply STOP: no text goes to the number any more, and a person finds another way to its patients."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.access.keys.encryption import Vault
from surveys.models import Patient
from surveys.outbox.suppressing import suppress_phone, wait_for_hand_overs
from surveys.pathway.reach import ask_for_another_way

REASON = "stopped"


def stop_texts(session: Session, vault: Vault, clinic_id: UUID, number: str, *, now: datetime) -> int:
    """Stop texts to a number in the bound clinic; returns how many patients have it. Once more changes nothing.

    Whoever shares the telephone is stopped too: it is the telephone's owner who asks.
    """
    patients = _whose(session, vault, number)
    wait_for_hand_overs(session, [patient.id for patient in patients])
    indexes = {patient.phone_index for patient in patients if patient.phone_index}
    stopped = [suppress_phone(session, clinic_id, index, REASON, now=now) for index in sorted(indexes)]
    if any(stopped):
        for patient in patients:
            _note(session, patient, now)
    return len(patients)


def _note(session: Session, patient: Patient, now: datetime) -> None:
    actor, subject = Actor("patient", patient.id), ("patient", patient.id)
    record(session, patient.clinic_id, actor, "texts_stopped", subject, now=now)
    if patient.channel == "sms":
        ask_for_another_way(session, patient, now=now)


def _whose(session: Session, vault: Vault, number: str) -> Sequence[Patient]:
    same = Patient.phone_index.in_(vault.indexes(number, "phone")), Patient.erased_at.is_(None)
    return session.scalars(select(Patient).where(*same).order_by(Patient.id)).all()
