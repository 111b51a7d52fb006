"""Filling the demo clinics, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor
from surveys.access.keys.encryption import Vault
from surveys.demo import case_reports, registry, replica
from surveys.demo.clinics import CLINICS, DemoClinic, add_clinic
from surveys.demo.lives import Life
from surveys.demo.story import Stage, play
from surveys.enrolment.clinicians import clinicians
from surveys.models import Clinic, Staff
from surveys.people.patients import find_by_chart
from surveys.protocols.loading import bundled_protocols
from surveys.protocols.store import find, load

REGISTRY = {"riverside": 260, "hillside": 40}  # patients
FRESH = timedelta(days=1)  # what fell due within it is left to the worker, so that real mail lies in the mailbox


def casts(demo: DemoClinic, now: datetime, percent: int) -> Iterator[tuple[str, Life]]:
    """Yield (protocol code, life) of the newest of each group in a clinic: ``percent`` of it, rounded up."""
    today = now.date()
    groups: dict[str, list[Life]] = {}
    if demo is CLINICS[0]:
        groups["trial"] = list(replica.lives(today - timedelta(days=560)))
        groups["case_series"] = list(case_reports.lives(today - timedelta(days=760)))
    groups["spine"] = list(registry.lives(today - timedelta(days=729), REGISTRY[demo.code], demo.code))
    for code, lives in groups.items():
        yield from ((code, life) for life in lives[-ceil(len(lives) * percent / 100) :])


def begin(session: Session, vault: Vault, demo: DemoClinic, *, now: datetime) -> dict[str, Stage]:
    """Add clinic, staff and protocols where missing; return a stage per protocol code."""
    long_ago = now - timedelta(days=800)
    clinic = session.get(Clinic, demo.id) or add_clinic(session, demo, now=long_ago)
    coordinator = Actor("staff", _coordinator(session))
    rows = {
        code: find(session, code) or load(session, clinic.id, protocol.source, f"{code}.toml", now=long_ago)
        for code, protocol in bundled_protocols().items()
    }
    posted = now - FRESH
    people = tuple(person.id for person in clinicians(session))
    return {code: Stage(session, vault, clinic, row, coordinator, people, now, posted) for code, row in rows.items()}


def fill(stages: dict[str, Stage], demo: DemoClinic, *, now: datetime, percent: int) -> Iterator[tuple[int, int]]:
    """Play the life of everyone not there yet, yielding (done, all) after each, where the caller commits."""
    everyone = list(casts(demo, now, percent))
    for number, (code, life) in enumerate(everyone, 1):
        stage = stages[code]
        if find_by_chart(stage.session, stage.vault, life.chart_number) is None:
            play(stage, life)
        yield number, len(everyone)


def _coordinator(session: Session) -> UUID:
    return session.scalars(select(Staff.id).where(Staff.role == "coordinator").limit(1)).one()
