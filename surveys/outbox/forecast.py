"""A day that has not come, rehearsed: the real decision at the coming moments, inside savepoints that are undone.

Nobody answers, opts out or ends meanwhile, and the relay takes what it is given. Each patient is rehearsed
alone, so that the locks of a rehearsal last some milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from surveys.models import Clinic, Episode, Message, Patient, ProtocolVersion, Visit
from surveys.outbox.claiming import Claim
from surveys.outbox.send_times import earliest, send_days
from surveys.outbox.sending import Sendable, begin_sending
from surveys.outbox.settling import Outcome, settle
from surveys.outbox.situation import Situation
from surveys.protocols import store as protocol_store
from surveys.schedule import local_date, local_instant
from surveys.send_calendar import SendDays

BEFORE = 3  # sending days rehearsed ahead of the wanted one; what was due earlier has gone by then
EDGE = timedelta(hours=14)  # between a day in UTC and the same day anywhere


@dataclass(frozen=True)
class Part:
    """One visit that a message writes about; ``started``: the wording for someone who has begun."""

    visit_id: UUID
    timepoint: str
    step: str
    started: bool


@dataclass(frozen=True)
class Going:
    """One message to one patient, or with the channel ``staff`` a task about the patient."""

    patient: Patient
    at: datetime
    channel: str
    parts: tuple[Part, ...]


def foresee(session: Session, clinic: Clinic, day: date, *, now: datetime) -> list[Going]:
    """What would go on ``day`` of each patient's calendar, earliest first; nothing is changed."""
    days = send_days(session, clinic)
    start = max(now, _midnight(_days_back(day, days)) - EDGE)
    going: list[Going] = []
    for patient in session.scalars(_concerned(session, clinic, day, days, start)).all():
        with session.begin_nested() as undone:
            going += [each for each in _rehearsed(session, patient, day, start) if _on(each, day)]
            undone.rollback()
    return sorted(going, key=lambda each: (each.at, each.patient.number))


def _on(going: Going, day: date) -> bool:
    return local_date(going.at, ZoneInfo(going.patient.time_zone)) == day


def _midnight(day: date) -> datetime:
    return local_instant(day, time(0), ZoneInfo("UTC"))


def _days_back(day: date, days: SendDays) -> date:
    """The day from which on ``BEFORE`` sending days come before ``day``, at most two months."""
    sending = (day - timedelta(days=back) for back in range(1, 60) if days.allow(day - timedelta(days=back)))
    return next((each for number, each in enumerate(sending, 1) if number == BEFORE), day - timedelta(days=60))


def _concerned(session: Session, clinic: Clinic, day: date, days: SendDays, start: datetime) -> Select[Patient]:
    """Patients with a waiting message that could go between ``start`` and the end of the day."""
    end = _midnight(day + timedelta(days=1)) + EDGE
    wanted = (
        select(Message.due_at, Message.channel, Patient, Episode.protocol_id)
        .join(Visit, Visit.id == Message.visit_id)
        .join(Episode, Episode.id == Visit.episode_id)
        .join(Patient, Patient.id == Episode.patient_id)
        .where(Message.clinic_id == clinic.id, Message.state.in_(("planned", "claimed")), Message.due_at < end)
        .where(Visit.closes_at > start)
    )
    plans = {
        row.id: protocol_store.protocol_of(row).reminders
        for row in session.scalars(select(ProtocolVersion).where(ProtocolVersion.clinic_id == clinic.id))
    }
    found = {
        patient.id
        for due_at, channel, patient, protocol_id in session.execute(wanted)
        if channel == "staff" or earliest(max(due_at, start), patient, plans[protocol_id], days) < end
    }
    return select(Patient).where(Patient.id.in_(found)).order_by(Patient.number)


def _rehearsed(session: Session, patient: Patient, day: date, start: datetime) -> Iterator[Going]:
    """Let the patient's messages fall due one after the other, to the end of the day."""
    theirs = select(Visit.id).join(Episode, Episode.id == Visit.episode_id).where(Episode.patient_id == patient.id)
    waiting = Message.visit_id.in_(theirs)
    claimed = update(Message).where(waiting, Message.state == "claimed").values(state="planned", lease_until=None)
    session.execute(claimed, execution_options={"synchronize_session": False})
    following = select(Message).where(waiting, Message.state == "planned").order_by(Message.due_at, Message.step)
    following = following.limit(1).execution_options(populate_existing=True)
    moment, zone = start, ZoneInfo(patient.time_zone)
    while message := session.scalars(following).one_or_none():
        moment = max(moment, message.due_at)
        if local_date(moment, zone) > day:
            return
        if going := _gone(session, patient, message, moment):
            yield going


def _gone(session: Session, patient: Patient, message: Message, moment: datetime) -> Going | None:
    """Take the last look at a message as a worker does, and let the relay accept it."""
    message.state, message.fence = "claimed", message.fence + 1
    session.flush()
    mine = Claim(message.clinic_id, message.id, message.fence)
    sendable = begin_sending(session, mine, now=moment)
    if sendable:
        for claim in (sendable.claim, *(other.claim for other in sendable.companions)):
            settle(session, claim, Outcome.ACCEPTED, now=moment)
        return Going(patient, moment, message.channel, _parts(sendable))
    session.refresh(message)
    if message.channel != "staff" or message.state != "sent":
        return None
    visit = session.get_one(Visit, message.visit_id)
    return Going(patient, moment, "staff", (Part(visit.id, visit.timepoint, message.step, started=False),))


def _parts(sendable: Sendable) -> tuple[Part, ...]:
    along = (other.situation for other in sendable.companions)
    return tuple(_part(facts) for facts in (sendable.situation, *along))


def _part(facts: Situation) -> Part:
    return Part(facts.visit.id, facts.visit.timepoint, facts.message.step, facts.started)
