"""Agreeing to take part, on whichever screen a patient is asked first."""

from __future__ import annotations

from surveys.answering.sitting import Sitting
from surveys.db import db
from surveys.models import Patient
from surveys.people.participation import ConsentText, consent_due, give_consent


def consent_asked(sitting: Sitting) -> ConsentText | None:
    """Return the permission to ask for, or None where one stands."""
    return consent_due(db.session(), _patient(sitting), sitting.protocol.consent_version, sitting.language)


def agree(sitting: Sitting, asked: ConsentText | None) -> None:
    """Keep what was asked and is given now; nothing where nothing was asked."""
    if asked:
        give_consent(db.session(), _patient(sitting), asked, now=sitting.now)


def _patient(sitting: Sitting) -> Patient:
    return db.session.get_one(Patient, sitting.patient_id)
