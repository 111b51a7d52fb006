"""Whether any message would reach a patient, as the database says; for lists of many."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, case, null

from surveys.channels.stopping import REASON
from surveys.models import Patient, SuppressedPhone
from surveys.outbox.reach import permitted, suppressed_address, suppressed_number


def reach_problem() -> ColumnElement[str | None]:
    """Why no message reaches the row's patient by the channel chosen, as a code; NULL where one would."""
    mail, text = Patient.channel == "email", Patient.channel == "sms"
    stopped = suppressed_number().where(SuppressedPhone.reason == REASON)
    return case(
        (Patient.channel == "none", "nothing_sent"),
        (and_(mail, Patient.email_index.is_(None)), "no_address"),
        (and_(text, Patient.phone_index.is_(None)), "no_number"),
        (and_(mail, ~permitted("contact_email")), "no_permission"),
        (and_(text, ~permitted("contact_sms")), "no_permission"),
        (and_(mail, suppressed_address()), "address_bounced"),
        (and_(text, stopped), "number_stopped"),
        (and_(text, suppressed_number()), "number_refused"),
        else_=null(),
    )
