"""What the row's patient allows and what keeps messages from reaching them: conditions for queries over ``Patient``."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Exists, exists

from surveys.models import Consent, Patient, SuppressedPhone, Suppression


def permitted(kind: str | ColumnElement[str]) -> Exists:
    """Whether this kind of contact is allowed."""
    return exists().where(Consent.patient_id == Patient.id, Consent.kind == kind, Consent.withdrawn_at.is_(None))


def suppressed_address() -> Exists:
    """Whether no mail goes to the patient's address."""
    return exists().where(Suppression.email_index == Patient.email_index)


def suppressed_number() -> Exists:
    """Whether no text goes to the patient's number."""
    return exists().where(SuppressedPhone.phone_index == Patient.phone_index)
