"""Bounced addresses while keys change: they are kept as an index alone, which follows the patients' addresses."""

from __future__ import annotations

from sqlalchemy import delete, exists, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from surveys.access.keys.encryption import Vault
from surveys.access.keys.sealed import key_of_index, table
from surveys.db import uuid7
from surveys.models import Patient, Suppression

PLACE = ("patient", "email_enc")


def follow(session: Session, vault: Vault, email: str | None) -> None:
    """Where the address is suppressed under another key, note it under the current one, which its patients now have."""
    current, *others = vault.indexes(email or "", "email")
    if email is None or not others:
        return
    known = select(Suppression.clinic_id, literal(uuid7()), literal(current), Suppression.reason, Suppression.at).where(
        Suppression.email_index.in_(others), ~exists().where(Suppression.email_index == current)
    )
    columns = ["clinic_id", "id", "email_index", "reason", "at"]
    session.execute(insert(Suppression).from_select(columns, known.limit(1)).on_conflict_do_nothing())


def carry_over(session: Session, vault: Vault) -> None:
    """Once every patient is under the current key: forget what stands under others. No patient has those addresses."""
    old = key_of_index(table("suppression").c.email_index) != vault.ring.current
    if not session.scalar(select(exists().where(old))):
        return
    for patient in session.execute(select(Patient.id, Patient.email_enc)):  # one may have bounced in the meantime
        if patient.email_enc is not None:
            follow(session, vault, vault.open(patient.email_enc, *PLACE, patient.id))
    session.execute(delete(table("suppression")).where(old))
