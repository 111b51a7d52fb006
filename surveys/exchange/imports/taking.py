"""Past answers held against the clinic's records, and taken in: stored, final and scored in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.access.keys.encryption import Vault
from surveys.answering.answers import current_answers
from surveys.answering.battery import battery_of
from surveys.answering.responses import record_answer, submit
from surveys.answering.whole_visit import Sheet, record_visit
from surveys.db import uuid7
from surveys.exchange.imports.reading import Given, Levels, Problem
from surveys.exchange.patients_csv import CsvError
from surveys.i18n import gettext as _
from surveys.models import Episode, Patient, ProtocolVersion, Response, Visit
from surveys.people.patients import find_by_chart
from surveys.protocols.model import Protocol
from surveys.protocols.store import protocol_of
from surveys.wordings import wording_for

MOST_VISITS = 1000
MODE = "imported"
State = Literal["new", "known", "bad"]


@dataclass(slots=True)
class Wish:
    """One visit's answers. ``known``: they stand there already and nothing will change."""

    given: Given
    state: State = "bad"
    problems: list[Problem] = field(default_factory=list)
    patient: Patient | None = None
    visit: Visit | None = None
    protocol: Protocol | None = None

    def refuse(self, sentence: str) -> Wish:
        """Keep it back, with its first line and the reason."""
        self.problems.append(Problem(self.given.lines[0], "", sentence))
        return self


def look(session: Session, vault: Vault, given: Sequence[Given], code: str, *, now: datetime) -> list[Wish]:
    """Say of each what would become of it; nothing is written. ``code``: the protocol's. Raises CsvError."""
    if len(given) > MOST_VISITS:
        raise CsvError(_("The file holds more than %(most)s visits. Split it.", most=MOST_VISITS))
    return [_look(session, vault, Wish(each), code, now) for each in given]


def _look(session: Session, vault: Vault, wish: Wish, code: str, now: datetime) -> Wish:
    patient = wish.patient = _patient(session, vault, wish.given.patient)
    if patient is None or patient.erased_at or patient.merged_into:
        return wish.refuse(_("There is no patient of this number. Enrol the person first."))
    episodes = _episodes(session, patient, code)
    if len(episodes) != 1:
        told = {"n": len(episodes)}
        return wish.refuse(_("The patient has %(n)s episodes under this protocol; it takes exactly one.", **told))
    episode, version = episodes[0]
    protocol = wish.protocol = protocol_of(version)
    wanted = select(Visit).where(Visit.episode_id == episode.id, Visit.timepoint == wish.given.timepoint)
    visit = wish.visit = session.scalars(wanted).one_or_none()
    if visit is None:
        codes = ", ".join(point.code for point in protocol.timepoints)
        sentence = _("The patient has no visit at %(point)s. There are: %(codes)s, planned after the first treatment.")
        return wish.refuse(sentence % {"point": wish.given.timepoint[:40], "codes": codes})
    return _compare(session, wish, visit, protocol, now)


def _patient(session: Session, vault: Vault, named: tuple[str, str]) -> Patient | None:
    role, value = named
    if role == "chart_number":
        return find_by_chart(session, vault, value)
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        return None
    return session.scalars(select(Patient).where(Patient.number == int(value))).one_or_none()


def _episodes(session: Session, patient: Patient, code: str) -> list[tuple[Episode, ProtocolVersion]]:
    joined = select(Episode, ProtocolVersion).join(ProtocolVersion, ProtocolVersion.id == Episode.protocol_id)
    rows = session.execute(joined.where(Episode.patient_id == patient.id, ProtocolVersion.code == code))
    return [(row[0], row[1]) for row in rows]


def _compare(session: Session, wish: Wish, visit: Visit, protocol: Protocol, now: datetime) -> Wish:
    if sentence := _obstacle(wish.given, visit, protocol, now):
        return wish.refuse(sentence)
    current = current_answers(session, visit.id)
    standing: Levels = {key: answer.level for key, answer in current.items() if answer.settled}
    if visit.submitted_at is None and not standing:
        wish.state = "new"
    elif visit.submitted_at is not None and wish.given.levels.items() <= standing.items():
        wish.state = "known"
    else:
        wish.refuse(
            _("This visit has answers already and these differ. Put them right on the patient's page, with a reason.")
        )
    return wish


def _obstacle(given: Given, visit: Visit, protocol: Protocol, now: datetime) -> str:
    """Why the visit cannot take them, or nothing."""
    if not given.levels:
        return _("There is no answer in it.")
    if visit.cancelled_at is not None or visit.opens_at > now:
        return _("This visit was cancelled or is not open yet.")
    if given.on_date is not None and given.on_date > now.date():
        return _("The day of the answers has not come yet.")
    asked = {(entry.instrument, item) for entry in battery_of(protocol, visit.timepoint) for item in entry.items}
    if strange := sorted(f"{instrument}.{item}" for instrument, item in given.levels.keys() - asked):
        return _("Not asked at this timepoint: %(what)s. Leave it out.", what=", ".join(strange[:5]))
    return ""


def take_in(session: Session, wishes: Sequence[Wish], *, actor: Actor, now: datetime) -> int:
    """Store, finalise and score the new ones; returns how many. All in the caller's transaction."""
    new = [wish for wish in wishes if wish.state == "new"]
    for wish in new:
        _take(session, wish, actor, now)
    return len(new)


def _take(session: Session, wish: Wish, actor: Actor, now: datetime) -> None:
    patient, visit, protocol = wish.patient, wish.visit, wish.protocol
    assert patient and visit and protocol  # noqa: S101, PT018 - a new one has all
    at = _moment(wish, patient, visit, now)
    sheets = _sheets(wish.given.levels, patient.language)
    record_visit(session, visit, sheets, mode=MODE, author_id=actor.staff_id, now=at)
    _decline(session, visit, wish.given.levels, actor, at)
    submit(session, visit, protocol, now=now, actor=actor)
    _date_back(session, visit, at)
    declined = sum(1 for level in wish.given.levels.values() if level is None)
    what = {"mode": MODE, "answered_at": at.isoformat(), "items": len(wish.given.levels), "declined": declined}
    record(session, visit.clinic_id, actor, "answers_imported", ("visit", visit.id), now=now, new=what)


def _decline(session: Session, visit: Visit, levels: Levels, actor: Actor, at: datetime) -> None:
    """What was asked and not answered is kept as that."""
    responses = session.scalars(select(Response).where(Response.visit_id == visit.id))
    by_code = {response.instrument: response for response in responses}
    how: dict[str, Any] = {"based_on": None, "mode": MODE, "author_id": actor.staff_id, "now": at}
    for (instrument, item), level in levels.items():
        if level is None:
            record_answer(session, by_code[instrument], item, "declined", None, nonce=uuid7(), **how)


def _moment(wish: Wish, patient: Patient, visit: Visit, now: datetime) -> datetime:
    """Noon of the day of the answers, or of the day on which the visit was due; never later than now."""
    day = wish.given.on_date or visit.due_on
    return min(datetime.combine(day, time(12), ZoneInfo(patient.time_zone)), now)


def _sheets(levels: Levels, language: str) -> Mapping[str, Sheet]:
    found: dict[str, dict[str, int]] = {}
    for (instrument, item), level in levels.items():
        answered = found.setdefault(instrument, {})
        if level is not None:
            answered[item] = level
    return {
        instrument: Sheet(language, wording_for(instrument, language).hash, answered)
        for instrument, answered in found.items()
    }


def _date_back(session: Session, visit: Visit, at: datetime) -> None:
    """The answers were given then, not today: what is in its window is judged by that day."""
    for response in session.scalars(select(Response).where(Response.visit_id == visit.id, Response.mode == MODE)):
        response.finalised_at = at
    visit.submitted_at = at
    session.flush()
