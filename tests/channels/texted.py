"""A patient with a telephone, written to by text, made through the application's functions."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM
from surveys.db import app_now, clinic_session
from surveys.enrolment.contact_change import change_contact
from surveys.models import Clinic, Patient
from surveys.people.patients import contact
from tests.tasks.enrolled import Enrolled, enrol

ALLOWED = frozenset({"contact_email", "contact_sms", "contact_phone"})


@dataclass(frozen=True)
class Texted:
    """``number``: as it goes to the gateway; it is on file with spaces."""

    enrolled: Enrolled
    number: str


def number_typed() -> str:
    """A number nobody else in the tests has, typed with spaces."""
    digits = f"{random.SystemRandom().randrange(10**6):06d}"
    return f"+44 7700 {digits[:3]} {digits[3:]}"


def enrol_texted(
    *, channel: str = "sms", allowed: frozenset[str] = ALLOWED, language: str = "en", typed: str | None = None
) -> Texted:
    """Enrol somebody by e-mail, then give a telephone, permissions and another channel."""
    typed = typed or number_typed()
    patient = enrol(language=language)
    with clinic_session(patient.clinic_id) as session:
        change(session, phone=typed, channel=channel, allowed=allowed)
        session.commit()
    return Texted(patient, typed.replace(" ", ""))


def change(session: Session, *, allowed: frozenset[str] = ALLOWED, **fields: str | None) -> None:
    """Change the one patient of the bound clinic as the details form does."""
    vault, patient = current_app.extensions["vault"], session.scalars(select(Patient)).one()
    clinic, now = session.get_one(Clinic, patient.clinic_id), app_now(session)
    details = replace(contact(vault, patient), **fields)  # type: ignore[arg-type]
    change_contact(session, vault, clinic, patient, details, allowed, actor=SYSTEM, now=now)
