"""A patient with an open visit and a link, made through the application's functions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM
from surveys.access.keys.encryption import Vault
from surveys.access.links import issue_link
from surveys.db import app_now, clinic_session
from surveys.models import Clinic, Visit
from surveys.pathway.episodes import EpisodeDetails, TreatmentDetails, open_episode, plan_treatment, settle_treatment
from surveys.people.patients import PatientDetails, add_patient
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import bundled_protocols
from surveys.protocols.model import Protocol
from surveys.schedule import add_months
from tests.factories import make_clinic

MONTH_AGO = -1


@dataclass(frozen=True)
class Invited:
    """A patient's visit and the token of its link."""

    clinic_id: UUID
    visit_id: UUID
    token: str
    patient_id: UUID


def invite(
    app: Flask,
    *,
    first_name: str = "Maria",
    language: str = "en",
    timepoint: str = "baseline",
    clinic_id: UUID | None = None,
    protocol: str | Protocol = "spine",
) -> Invited:
    """Enrol a patient, under the registry's protocol if no other, and open the visit; ``m1``: treated a month ago."""
    chosen = bundled_protocols()[protocol] if isinstance(protocol, str) else protocol
    with app.app_context():
        clinic_id = clinic_id or make_clinic().id
        with clinic_session(clinic_id) as session:
            made = _enrol(app, session, clinic_id, first_name, language, timepoint, chosen)
            session.commit()
    return made


def _enrol(
    app: Flask, session: Session, clinic_id: UUID, first_name: str, language: str, timepoint: str, chosen: Protocol
) -> Invited:
    now = app_now(session)
    clinic, vault = session.get_one(Clinic, clinic_id), app.extensions["vault"]
    assert isinstance(vault, Vault)
    row = protocol_store.load(session, clinic_id, chosen.source, f"{chosen.code}.toml", now=now)
    details = PatientDetails(f"C-{now.timestamp()}", first_name, "Lopez", "maria@example.org", language=language)
    patient = add_patient(session, vault, clinic, details, frozenset({"contact_email"}), actor=SYSTEM, now=now)
    treated = add_months(now.date(), MONTH_AGO)
    enrolment = EpisodeDetails(chosen.arms[0].code, "disc_herniation", treated if timepoint == "m1" else now.date())
    episode = open_episode(session, clinic, patient, row, enrolment, actor=SYSTEM, now=now)
    if timepoint == "m1":
        given = TreatmentDetails(treated, "prp")
        treatment = plan_treatment(session, clinic, episode, given, actor=SYSTEM, now=now)
        settle_treatment(session, clinic, treatment, "done", actor=SYSTEM, now=now)
    visit = session.scalars(select(Visit).where(Visit.episode_id == episode.id, Visit.timepoint == timepoint)).one()
    return Invited(clinic_id, visit.id, issue_link(session, visit, now=now), patient.id)


@contextmanager
def seen_by(app: Flask, clinic_id: UUID) -> Iterator[Session]:
    """Yield a session of the clinic, to look at what a request left."""
    with app.app_context(), clinic_session(clinic_id) as session:
        yield session
