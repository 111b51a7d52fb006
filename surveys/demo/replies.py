"""A synthetic patient's answers at one visit, given through the functions that the screens call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor
from surveys.answering.responses import submit
from surveys.answering.whole_visit import Sheet, record_visit
from surveys.demo.lives import Reply
from surveys.models import Patient, Visit
from surveys.people.participation import consent_text, give_consent, optional_text, participation
from surveys.protocols.model import BatteryEntry, Protocol
from surveys.wordings import wording_for

BY_STAFF = ("paper", "interview")
TAKES = timedelta(minutes=9)


def answer_visit(
    session: Session,
    patient: Patient,
    visit: Visit,
    reply: Reply,
    protocol: Protocol,
    *,
    coordinator: Actor,
    now: datetime,
) -> None:
    """Give every answer the protocol asks for and the reply has, then send unless the reply says not to."""
    by_staff = reply.mode in BY_STAFF
    if not by_staff:
        _agree(session, patient, protocol, now)
    sheets = dict(_sheets(protocol.timepoint(visit.timepoint).battery, reply, patient.language))
    if sheets:
        author = coordinator.id if by_staff else None
        record_visit(session, visit, sheets, mode=reply.mode, author_id=author, now=now)
    if reply.send:
        actor = coordinator if by_staff else Actor("patient", patient.id)
        submit(session, visit, protocol, now=now + TAKES, actor=actor)


def _agree(session: Session, patient: Patient, protocol: Protocol, now: datetime) -> None:
    """Give the participation consent that the first screen asks for, the first time, and allow research with it.

    Three of four also let themselves be counted in public figures.
    """
    if participation(session, patient) is None:
        give_consent(session, patient, consent_text(protocol.consent_version, patient.language), now=now)
        optional = ("research", "public_aggregates") if patient.number % 4 else ("research",)
        for kind in optional:
            give_consent(session, patient, optional_text(kind, patient.language), now=now)


def _sheets(battery: tuple[BatteryEntry, ...], reply: Reply, language: str) -> Iterator[tuple[str, Sheet]]:
    for entry in battery:
        levels = reply.levels.get(entry.instrument, {})
        given = {item: levels[item] for item in entry.items if item in levels}
        if given:
            wording = wording_for(entry.instrument, language)
            yield entry.instrument, Sheet(wording.language, wording.hash, given)
