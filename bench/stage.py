"""A clinic with open visits, made through the application's functions, and what is needed to use it over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM
from surveys.access.keys.encryption import Vault
from surveys.access.links import issue_link
from surveys.access.signin import sessions
from surveys.access.tokens import cookie_value
from surveys.answering.battery import Screen, screens_of
from surveys.answering.responses import open_response
from surveys.db import clinic_session, real_now
from surveys.models import Clinic, Patient, ProtocolVersion, Staff, Visit
from surveys.pathway.episodes import EpisodeDetails, open_episode
from surveys.people.patients import PatientDetails, add_patient
from surveys.protocols.loading import bundled_protocols
from surveys.protocols.store import load, protocol_of
from surveys.wordings import wording_for
from tests.factories import make_clinic

TIMEPOINT = "baseline"


@dataclass(frozen=True)
class Stage:
    """What a load needs: mailed tokens, one open response each, a signed-in clinician's cookie."""

    clinic_id: UUID
    screens: tuple[Screen, ...]
    tokens: tuple[str, ...]
    responses: tuple[UUID, ...]
    staff_cookie: str


@dataclass(frozen=True)
class _Scene:
    session: Session
    vault: Vault
    clinic: Clinic
    protocol: ProtocolVersion
    now: datetime


def set_stage(app: Flask, patients: int) -> Stage:
    """Enrol the patients and open their baselines."""
    with app.app_context():
        with clinic_session(UUID(int=0)) as session:
            now = real_now(session)
        made = make_clinic(now=now)
        with clinic_session(made.id) as session:
            scene = _scene(session, app.extensions["vault"], now)
            opened = [_open_visit(scene, number) for number in range(patients)]
            cookie = _sign_in(session, made.logins["clinician"], now)
            screens = screens_of(protocol_of(scene.protocol), TIMEPOINT)
            tokens = tuple(issue_link(session, visit, now=now) for visit in opened)
            responses = tuple(_open_response(scene, visit, screens[0]) for visit in opened)
            session.commit()
    return Stage(made.id, screens, tokens, responses, cookie)


def _scene(session: Session, vault: Vault, now: datetime) -> _Scene:
    clinic = session.scalars(select(Clinic)).one()
    source = bundled_protocols()["spine"].source
    return _Scene(session, vault, clinic, load(session, clinic.id, source, "spine.toml", now=now), now)


def _open_visit(scene: _Scene, number: int) -> Visit:
    details = PatientDetails(f"B-{number}", "Ana", "Núñez", email=f"ana{number}@example.org")
    permissions = frozenset({"contact_email"})
    patient = add_patient(scene.session, scene.vault, scene.clinic, details, permissions, actor=SYSTEM, now=scene.now)
    return _baseline(scene, patient)


def _baseline(scene: _Scene, patient: Patient) -> Visit:
    opened = EpisodeDetails("treated", "disc_herniation", scene.now.date())
    episode = open_episode(scene.session, scene.clinic, patient, scene.protocol, opened, actor=SYSTEM, now=scene.now)
    wanted = select(Visit).where(Visit.episode_id == episode.id, Visit.timepoint == TIMEPOINT)
    return scene.session.scalars(wanted).one()


def _open_response(scene: _Scene, visit: Visit, screen: Screen) -> UUID:
    wording = wording_for(screen.instrument, "en")
    response = open_response(
        scene.session,
        visit,
        screen.instrument,
        mode="self",
        language=wording.language,
        wording_hash=wording.hash,
        now=scene.now,
    )
    return response.id


def _sign_in(session: Session, login: str, now: datetime) -> str:
    person = session.scalars(select(Staff).where(Staff.login == login)).one()
    return cookie_value(person.clinic_id, sessions.open_session(session, person, now=now))
