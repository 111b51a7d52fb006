"""What tests of the work queue do with it: read it, log a call, look at the task."""

from __future__ import annotations

import re
from dataclasses import replace

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from surveys.db import clinic_session
from surveys.models import (
    Patient,
    StaffTask,
    StaffTaskLog,
)
from surveys.people.patients import contact, write_details
from tests.factories import MadeClinic
from tests.staff_browser import SITE, signed_in
from tests.tasks.enrolled import Enrolled

PHONE = "+44 20 7946 0123"


def give_number(app: Flask, patient: Patient) -> None:
    vault = app.extensions["vault"]
    write_details(vault, patient, replace(contact(vault, patient), phone=PHONE))


def browser_of(app: Flask, patient: Enrolled, who: str = "coordinator") -> FlaskClient:
    return signed_in(app, MadeClinic(patient.clinic_id, {who: f"{who}-{patient.clinic_id.hex[-12:]}"}), who)


def read(browser: FlaskClient, path: str = "/queue") -> str:
    reply = browser.get(path, base_url=SITE)
    assert reply.status_code == 200
    return reply.text


def log(browser: FlaskClient, patient: Enrolled, outcome: str, **typed: str) -> TestResponse:
    """Log a call as one who sees an empty log, unless ``seen`` says otherwise."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', read(browser))
    assert token
    form = {"csrf_token": token[1], "seen": "0", "outcome": outcome, **typed}
    return browser.post(f"/queue/{patient.visit_id}", data=form, base_url=SITE)


def task(app: Flask, patient: Enrolled) -> StaffTask:
    with app.app_context(), clinic_session(patient.clinic_id) as session:
        return session.scalars(select(StaffTask)).one()


def tried(app: Flask, patient: Enrolled) -> list[str | None]:
    with app.app_context(), clinic_session(patient.clinic_id) as session:
        return list(session.scalars(select(StaffTaskLog.outcome).order_by(StaffTaskLog.at)))
