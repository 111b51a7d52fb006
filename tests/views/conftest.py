"""A patient in the work queue."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from surveys.access.signin.staff import add_staff
from surveys.db import app_now, clinic_session
from surveys.models import (
    Clinic,
    Patient,
)
from tasks.reminders import drain_clinic
from tests.factories import PASSWORD
from tests.tasks.enrolled import Enrolled, enrol
from tests.views.queue_hands import give_number


@pytest.fixture
def unreached(app: Flask) -> Enrolled:
    """Ana, who wants no messages and may be called: her baseline has become a task."""
    with app.app_context():
        patient = enrol(channel="none")
        with clinic_session(patient.clinic_id) as session:
            give_number(app, session.scalars(select(Patient)).one())
            clinic = session.get_one(Clinic, patient.clinic_id)
            login = f"colleague-{patient.clinic_id.hex[-12:]}"
            add_staff(session, clinic, login, "Test colleague", "clinician", PASSWORD, now=app_now(session))
            session.commit()
        drain_clinic(patient.clinic_id)
    return patient
