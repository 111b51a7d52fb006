"""A patient with an open baseline, made through the application's functions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from surveys.access.chain.audit import SYSTEM
from surveys.db import app_now, clinic_session
from surveys.models import Clinic, Episode, Message, Patient, ProtocolVersion, StaffTask, Visit
from surveys.pathway.episodes import EpisodeDetails, open_episode
from surveys.people.patients import PatientDetails, add_patient
from surveys.protocols import store as protocol_store
from tests.factories import make_clinic

PROTOCOL = Path(__file__).parents[2] / "surveys" / "protocols" / "spine.toml"
ALWAYS = 'send_from = "00:00"\nsend_until = "23:59"'  # so that a test may run at any hour


@dataclass(frozen=True)
class Enrolled:
    """One patient whose baseline opened at midnight; the address is the patient's own."""

    clinic_id: UUID
    episode_id: UUID
    visit_id: UUID
    address: str

    def messages(self) -> list[Message]:
        with clinic_session(self.clinic_id) as session:
            return list(session.scalars(select(Message).order_by(Message.due_at, Message.step)))

    def states(self) -> list[tuple[str, str]]:
        return [(message.step, message.state) for message in self.messages()]

    def tasks(self) -> list[str]:
        with clinic_session(self.clinic_id) as session:
            return list(session.scalars(select(StaffTask.kind)))


def enrol_beside(patient: Enrolled, number: int, *, channel: str = "email") -> Enrolled:
    """Another patient of the same clinic and protocol, whose invitation is due as well; ``number`` tells them apart."""
    with clinic_session(patient.clinic_id) as session:
        now, clinic = app_now(session), session.get_one(Clinic, patient.clinic_id)
        details = PatientDetails(
            f"C-1-{number}", "Ana", "Ruiz", email=f"{number}-{patient.address}", phone="+34600000000", channel=channel
        )
        allowed, vault = frozenset({"contact_email", "contact_sms", "contact_phone"}), current_app.extensions["vault"]
        person = add_patient(session, vault, clinic, details, allowed, actor=SYSTEM, now=now)
        version = session.scalars(select(ProtocolVersion)).one()
        story = EpisodeDetails(arm="treated", pain_generator="facet", enrolled_on=now.date(), age=50)
        episode = open_episode(session, clinic, person, version, story, actor=SYSTEM, now=now)
        visit = session.scalars(select(Visit).where(Visit.episode_id == episode.id)).one()
        session.commit()
        return Enrolled(patient.clinic_id, episode.id, visit.id, f"{number}-{patient.address}")


def enrol(*, channel: str = "email", permitted: bool = True, first_name: str = "Ana", language: str = "en") -> Enrolled:
    made = make_clinic(time_zone="UTC")
    source = PROTOCOL.read_text().replace('send_from = "09:00"\nsend_until = "18:00"', ALWAYS)
    address = f"ana-{made.id.hex[-12:]}@patients.example"
    with clinic_session(made.id) as session:
        now = app_now(session)
        clinic = session.get_one(Clinic, made.id)
        details = PatientDetails("C-1", first_name, "Ruiz", email=address, channel=channel, language=language)
        permissions = frozenset({"contact_email", "contact_phone"} if permitted else ())
        vault = current_app.extensions["vault"]
        patient = add_patient(session, vault, clinic, details, permissions, actor=SYSTEM, now=now)
        version = protocol_store.load(session, clinic.id, source, "spine.toml", now=now)
        story = EpisodeDetails(arm="treated", pain_generator="facet", enrolled_on=now.date(), age=50)
        episode = open_episode(session, clinic, patient, version, story, actor=SYSTEM, now=now)
        visit = session.scalars(select(Visit).where(Visit.episode_id == episode.id)).one()
        session.commit()
        return Enrolled(made.id, episode.id, visit.id, address)


def another_episode(patient: Enrolled) -> Enrolled:
    """A second episode of the same patient, whose baseline is open and due as well."""
    with clinic_session(patient.clinic_id) as session:
        now, clinic = app_now(session), session.get_one(Clinic, patient.clinic_id)
        person = session.get_one(Patient, session.get_one(Episode, patient.episode_id).patient_id)
        version = session.scalars(select(ProtocolVersion)).one()
        story = EpisodeDetails(arm="treated", pain_generator="si_joint", enrolled_on=now.date(), age=50)
        episode = open_episode(session, clinic, person, version, story, actor=SYSTEM, now=now)
        visit = session.scalars(select(Visit).where(Visit.episode_id == episode.id)).one()
        session.commit()
        return Enrolled(patient.clinic_id, episode.id, visit.id, patient.address)
