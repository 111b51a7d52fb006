"""Whether any message would reach a patient, as the database says; for lists of many."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, case, exists, null

from surveys.channels.stopping import REASON
from surveys.models import Consent, Patient, SuppressedPhone, Suppression


def permitted(kind: str) -> ColumnElement[bool]:
    """Whether the row's patient allows this kind of contact."""
    return exists().where(Consent.patient_id == Patient.id, Consent.kind == kind, Consent.withdrawn_at.is_(None))


def reach_problem() -> ColumnElement[str | None]:
    """Why no message reaches the row's patient by the channel chosen, as a code; NULL where one would."""
    mail, text = Patient.channel == "email", Patient.channel == "sms"
    bounced = exists().where(Suppression.email_index == Patient.email_index)
    silenced = exists().where(SuppressedPhone.phone_index == Patient.phone_index)
    stopped = silenced.where(SuppressedPhone.reason == REASON)
    return case(
        (Patient.channel == "none", "nothing_sent"),
        (and_(mail, Patient.email_index.is_(None)), "no_address"),
        (and_(text, Patient.phone_index.is_(None)), "no_number"),
        (and_(mail, ~permitted("contact_email")), "no_permission"),
        (and_(text, ~permitted("contact_sms")), "no_permission"),
        (and_(mail, bounced), "address_bounced"),
        (and_(text, stopped), "number_stopped"),
        (and_(text, silenced), "number_refused"),
        else_=null(),
    )
