"""A day that has not come, rehearsed: the real decision at the coming moments, inside savepoints that are undone.

Nobody answers, opts out or ends meanwhile, and the relay takes what it is given. A hundred patients are rehearsed
at a time, so that nobody waits long for their rows; a rehearsal that itself would have to wait begins anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from surveys.db import UNSYNCED
from surveys.models import Clinic, Episode, Message, Patient, ProtocolVersion, Visit
from surveys.outbox.claiming import Claim
from surveys.outbox.deciding import parted
from surveys.outbox.send_times import earliest, send_days
from surveys.outbox.sending import Begun, Sendable, begin_batch
from surveys.outbox.settling import Outcome, Settled, settle_all
from surveys.outbox.situation import Situation, situations
from surveys.outbox.transitions import write_refusals
from surveys.protocols import store as protocol_store
from surveys.schedule import local_date, local_instant
from surveys.send_calendar import SendDays

BEFORE = 3  # sending days rehearsed ahead of the wanted one; what was due earlier has gone by then
EDGE = timedelta(hours=14)  # between a day in UTC and the same day anywhere
AT_ONCE = 100  # patients
TRIES = 10
HURRY = text("SET LOCAL lock_timeout = '200ms'")  # below the server's wait before it looks for deadlocks


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
    ids = _concerned(session, clinic, day, days, start)
    going: list[Going] = []
    for first in range(0, len(ids), AT_ONCE):
        going += _undone(session, ids[first : first + AT_ONCE], day, start)
    return sorted(going, key=lambda each: (each.at, each.patient.number))


def _undone(session: Session, patients: Sequence[UUID], day: date, start: datetime, tries: int = TRIES) -> list[Going]:
    """Rehearse, keep what was seen of the day, and undo."""
    try:
        with session.begin_nested() as point:
            session.execute(HURRY)
            going = [each for each in _rehearsed(session, patients, day, start) if _on(each, day)]
            point.rollback()
            return going
    except OperationalError:
        if tries == 1:
            raise
        return _undone(session, patients, day, start, tries - 1)


def _on(going: Going, day: date) -> bool:
    return local_date(going.at, ZoneInfo(going.patient.time_zone)) == day


def _midnight(day: date) -> datetime:
    return local_instant(day, time(0), ZoneInfo("UTC"))


def _days_back(day: date, days: SendDays) -> date:
    """The day from which on ``BEFORE`` sending days come before ``day``, at most two months."""
    sending = (day - timedelta(days=back) for back in range(1, 60) if days.allow(day - timedelta(days=back)))
    return next((each for number, each in enumerate(sending, 1) if number == BEFORE), day - timedelta(days=60))


def _concerned(session: Session, clinic: Clinic, day: date, days: SendDays, start: datetime) -> list[UUID]:
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
    return sorted(found)


def _rehearsed(session: Session, patients: Sequence[UUID], day: date, start: datetime) -> Iterator[Going]:
    """Let the patients' messages fall due, moment after moment, to the end of the day."""
    theirs = select(Visit.id).join(Episode, Episode.id == Visit.episode_id).where(Episode.patient_id.in_(patients))
    waiting = Message.visit_id.in_(theirs) & (Message.state == "planned")
    abandoned = update(Message).where(Message.visit_id.in_(theirs), Message.state == "claimed")
    session.execute(abandoned.values(state="planned", lease_until=None), execution_options=UNSYNCED)
    moment, end = start, _midnight(day + timedelta(days=1)) + EDGE
    while (due := session.scalar(select(func.min(Message.due_at)).where(waiting))) and max(moment, due) < end:
        moment = max(moment, due)
        claims = _claimed(session, waiting & (Message.due_at <= moment))
        while claims := _undecided(session, claims, moment):
            begun = begin_batch(session, claims, now=moment)
            yield from _gone(session, begun, claims, moment)
            claims = begun.alone if len(begun.alone) < len(claims) else []  # else somebody is at work on them now


def _undecided(session: Session, claims: Sequence[Claim], moment: datetime) -> list[Claim]:
    """Write what does not go now, and return what is left, in the claims' order."""
    facts = situations(session, [mine.id for mine in claims], now=moment) if claims else {}
    refused, _rest = parted([facts[mine.id] for mine in claims if mine.id in facts], now=moment)
    write_refusals(session, refused, now=moment)
    done = {one.message.id for one, _refusal in refused}
    return [mine for mine in claims if mine.id not in done]


def _claimed(session: Session, due: ColumnElement[bool]) -> list[Claim]:
    taken = update(Message).where(due).values(state="claimed", fence=Message.fence + 1)
    named = taken.returning(Message.clinic_id, Message.id, Message.fence, Message.due_at, Message.step)
    rows = sorted(session.execute(named, execution_options=UNSYNCED).all(), key=lambda row: (row.due_at, row.step))
    return [Claim(row.clinic_id, row.id, row.fence) for row in rows]


def _gone(session: Session, begun: Begun, claims: Sequence[Claim], moment: datetime) -> Iterator[Going]:
    """Let the relay accept what was begun; what was a task for staff is done."""
    settle_all(session, [Settled(each.claim, Outcome.ACCEPTED) for each in begun.sendables], now=moment)
    for sendable in begun.sendables:
        head = sendable.situation
        yield Going(head.patient, moment, head.message.channel, _parts(sendable))
    ended = Message.id.in_([mine.id for mine in claims]) & (Message.channel == "staff") & (Message.state == "sent")
    tasks = session.scalars(select(Message.id).where(ended)).all() if begun.done["staff"] else ()
    for facts in situations(session, tasks, now=moment).values() if tasks else ():
        yield Going(facts.patient, moment, "staff", (_part(facts),))


def _parts(sendable: Sendable) -> tuple[Part, ...]:
    along = (other.situation for other in sendable.companions)
    return tuple(_part(facts) for facts in (sendable.situation, *along))


def _part(facts: Situation) -> Part:
    return Part(facts.visit.id, facts.visit.timepoint, facts.message.step, facts.started)
