"""A synthetic patient whose visit is open now, made through the application's functions."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from local.passport.screens import Asking
from surveys.access.chain.audit import SYSTEM
from surveys.access.links import issue_link
from surveys.db import app_now, clinic_session, uuid7
from surveys.models import Clinic, Visit
from surveys.pathway.episodes import EpisodeDetails, TreatmentDetails, open_episode, plan_treatment, settle_treatment
from surveys.people.patients import PatientDetails, add_patient
from surveys.protocols import store
from surveys.protocols.loading import bundled_protocols
from surveys.protocols.model import Timepoint
from surveys.schedule import add_months
from surveys.wordings import in_use

NAMES = {"ar": "مريم", "de": "Maria", "es": "María"}


def open_clinic(app: Flask) -> UUID:
    """Add the clinic that the screens name."""
    clinic_id = uuid7()
    with app.app_context(), clinic_session(clinic_id) as session:
        now = app_now(session)
        session.add(_clinic(clinic_id, now))
        session.flush()
        for protocol in bundled_protocols().values():
            store.load(session, clinic_id, protocol.source, f"{protocol.code}.toml", now=now)
        session.commit()
    return clinic_id


def _clinic(clinic_id: UUID, now: datetime) -> Clinic:
    return Clinic(
        id=clinic_id,
        code=f"passport-{clinic_id.hex[-12:]}",
        name="Riverside Clinic",
        sender_name="Riverside Clinic",
        sender_address="post@riverside.example",
        reply_to="desk@riverside.example",
        phone="+44 20 7946 0000",
        time_zone="Europe/London",
        languages=sorted({language for _instrument, language in in_use()}),
        created_at=now,
    )


def invite(app: Flask, clinic_id: UUID, asking: Asking, language: str) -> str:
    """Enrol a patient whose visit at the timepoint is open; return the token of the link to it."""
    with app.app_context(), clinic_session(clinic_id) as session:
        token = _invited(app, session, clinic_id, asking, language)
        session.commit()
    return token


def _invited(app: Flask, session: Session, clinic_id: UUID, asking: Asking, language: str) -> str:
    now, clinic, vault = app_now(session), session.get_one(Clinic, clinic_id), app.extensions["vault"]
    row = store.find(session, asking.protocol)
    assert row is not None  # noqa: S101 - open_clinic has loaded it
    protocol = store.protocol_of(row)
    details = PatientDetails(
        f"P-{uuid7().hex[-12:]}", NAMES.get(language, "Mary"), "Example", "mary@example.org", language=language
    )
    patient = add_patient(session, vault, clinic, details, frozenset({"contact_email"}), actor=SYSTEM, now=now)
    timepoint = protocol.timepoint(asking.timepoint)
    began = _index_day(now.date(), timepoint)
    enrolment = EpisodeDetails(protocol.arms[0].code, "disc_herniation", began)
    episode = open_episode(session, clinic, patient, row, enrolment, actor=SYSTEM, now=now)
    if not timepoint.is_baseline:
        treatment = plan_treatment(session, clinic, episode, TreatmentDetails(began, "prp"), actor=SYSTEM, now=now)
        settle_treatment(session, clinic, treatment, "done", actor=SYSTEM, now=now)
    theirs = select(Visit).where(Visit.episode_id == episode.id, Visit.timepoint == asking.timepoint)
    return issue_link(session, session.scalars(theirs).one(), now=now)


def _index_day(today: date, timepoint: Timepoint) -> date:
    """The day of the treatment whose follow-up is due today."""
    if timepoint.weeks:
        return today - timedelta(weeks=timepoint.weeks)
    return add_months(today, -(timepoint.months or 0))
