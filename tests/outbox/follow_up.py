"""Clinics and patients for tests that let months pass: made through the application's functions, without staff."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import pytest
from flask import Flask, current_app
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM
from surveys.application import create_app
from surveys.db import clinic_scope, clinic_session, db, uuid7
from surveys.models import Clinic, ClinicHoliday, Episode, Patient
from surveys.pathway import episodes
from surveys.pathway.episodes import EpisodeDetails, TreatmentDetails
from surveys.people.patients import PatientDetails, add_patient
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import bundled_protocols
from tests.clock import domain_clock
from tests.factories import new_clinic

BOTH = frozenset({"contact_email", "contact_phone"})


@dataclass(frozen=True)
class Site:
    """A clinic with the registry's protocol."""

    clinic_id: UUID
    protocol_id: UUID


@dataclass(frozen=True)
class Story:
    """Who is enrolled and treated when; ``permissions``: what the patient allowed."""

    who: str
    enrolled_on: date
    treated_on: date | None = None
    zone: str = "UTC"
    channel: str = "email"
    permissions: frozenset[str] = BOTH

    @property
    def address(self) -> str:
        return f"{self.who}@patients.example"


@contextmanager
def alone_at(own_database: dict[str, str], patch: pytest.MonkeyPatch, moment: datetime) -> Iterator[Flask]:
    """Enter the application on a database of its own, with the domain clock at a moment."""
    patch.setenv("DATABASE_URL", own_database["DATABASE_URL"])
    app = create_app()
    with app.app_context():
        with domain_clock() as set_clock:
            set_clock(moment)
            yield app
        db.session.remove()
        db.engine.dispose()


def open_site(
    now: datetime, *, zone: str = "UTC", weekends: bool = True, holidays: Sequence[date] = (), source: str = ""
) -> Site:
    """Add a clinic without staff; ``source``: another protocol than the registry's."""
    clinic_id = uuid7()
    with clinic_scope(clinic_id), Session(db.engine) as session:
        clinic = new_clinic(clinic_id, zone, now=now)
        clinic.send_on_weekends = weekends
        session.add(clinic)
        session.flush()
        session.add_all(ClinicHoliday(clinic_id=clinic_id, on_date=day, name="Closed") for day in holidays)
        text = source or bundled_protocols()["spine"].source
        row = protocol_store.load(session, clinic_id, text, "spine.toml", now=now)
        session.commit()
        return Site(clinic_id, row.id)


def enrol(session: Session, site: Site, story: Story, *, now: datetime) -> tuple[Patient, Episode]:
    """Add a patient with one episode."""
    clinic = session.get_one(Clinic, site.clinic_id)
    details = PatientDetails(story.who, "Ana", "Ruiz", email=story.address, time_zone=story.zone, channel=story.channel)
    vault = current_app.extensions["vault"]
    patient = add_patient(session, vault, clinic, details, story.permissions, actor=SYSTEM, now=now)
    return patient, another_episode(session, site, patient, story, now=now)


def another_episode(session: Session, site: Site, patient: Patient, story: Story, *, now: datetime) -> Episode:
    """Open an episode, treated where the story says so."""
    clinic = session.get_one(Clinic, site.clinic_id)
    row = protocol_store.get(session, site.protocol_id)
    opened = EpisodeDetails("treated", "facet", story.enrolled_on)
    episode = episodes.open_episode(session, clinic, patient, row, opened, actor=SYSTEM, now=now)
    if story.treated_on:
        treat(session, site, episode, story.treated_on, now=now)
    return episode


def treat(session: Session, site: Site, episode: Episode, day: date, *, now: datetime) -> None:
    """Plan a treatment and confirm it as done."""
    clinic = session.get_one(Clinic, site.clinic_id)
    given = TreatmentDetails(day, "prp")
    treatment = episodes.plan_treatment(session, clinic, episode, given, actor=SYSTEM, now=now)
    episodes.settle_treatment(session, clinic, treatment, "done", actor=SYSTEM, now=now)


def fill(site: Site, stories: Sequence[Story], *, now: datetime) -> dict[str, UUID]:
    """Enrol everyone; returns the patients' ids by name."""
    with clinic_session(site.clinic_id) as session:
        made = {story.who: enrol(session, site, story, now=now)[0].id for story in stories}
        session.commit()
    return made
