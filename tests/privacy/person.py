"""A person with a history: answers, a note by staff, a mail, a change of address, all through the application."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM
from surveys.access.keys.encryption import Vault
from surveys.db import app_now, uuid7
from surveys.enrolment.contact_change import change_contact
from surveys.models import Clinic, Episode, Patient, StaffTask, StaffTaskLog, Visit
from surveys.outbox.staff_tasks import ask_staff
from surveys.pathway.endings import end_participation
from surveys.people.patients import PatientDetails
from tests.patients import Invited, invite, seen_by
from tests.views.test_patient import begin, save

FORMER = ("Wilhelmina", "Oxenstierna", "wilhelmina@oxenstierna.example", "+46 8 5550 1234", "KX-99-7312")


def lived(app: Flask, client: FlaskClient, clinic_id: UUID | None = None, *, number: str = "KX-99-7312") -> Invited:
    """Enrol, answer two items, correct the contact details, write a note."""
    invited = invite(app, first_name="Wilhelmina", clinic_id=clinic_id)
    begin(client, invited)
    save(client, "/s/odi/1", "2")
    save(client, "/s/odi/1", "3")
    with seen_by(app, invited.clinic_id) as session:
        now, patient = app_now(session), session.get_one(Patient, invited.patient_id)
        first, surname, email, phone, _chart = FORMER
        details = PatientDetails(number, first, surname, email, phone, birth_year=1951)
        vault, clinic = app.extensions["vault"], session.get_one(Clinic, invited.clinic_id)
        allowed = frozenset({"contact_email"})
        change_contact(session, vault, clinic, patient, details, allowed, actor=SYSTEM, now=now)
        ask_staff(session, invited.clinic_id, invited.visit_id, "phone", now=now)
        session.flush()
        task = session.scalars(select(StaffTask).where(StaffTask.visit_id == invited.visit_id)).one()
        note = f"{surname} is away, call again"
        session.add(StaffTaskLog(clinic_id=invited.clinic_id, id=uuid7(), task_id=task.id, at=now, note=note))
        session.commit()
    return invited


def leave(session: Session, invited: Invited) -> None:
    """Let the person take back participation."""
    patient, clinic = session.get_one(Patient, invited.patient_id), session.get_one(Clinic, invited.clinic_id)
    end_participation(session, clinic, patient, date(2026, 1, 5), reason=None, actor=SYSTEM, now=app_now(session))
    session.flush()


def vault_of(app: Flask) -> Vault:
    vault = app.extensions["vault"]
    assert isinstance(vault, Vault)
    return vault


def episode_of(session: Session, invited: Invited) -> Episode:
    return session.get_one(Episode, session.get_one(Visit, invited.visit_id).episode_id)
