"""Why nothing goes on a day to patients whose questionnaire is open then, in the words of the one decision."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from surveys.models import Clinic, Episode, Message, Patient, Visit
from surveys.outbox.eligibility import eligibility
from surveys.outbox.situation import Situation, situations
from surveys.schedule import local_date, local_instant

AT_ONCE = 500  # messages whose situations one statement reads
NOTHING_DUE = "nothing_due"  # ``until``: when the next message falls due
ALL_GONE = "all_gone"
HELD = "held"


@dataclass(frozen=True)
class Kept:
    """One open visit about which nothing goes; ``until``: when that changes, as far as is known."""

    patient: Patient
    timepoint: str
    reason: str
    until: datetime | None


def kept_back(session: Session, clinic: Clinic, day: date, going: Set[UUID], *, now: datetime) -> list[Kept]:
    """The open visits of the patients that are not among ``going``, by patient number."""
    noon = local_instant(day, datetime.min.time(), ZoneInfo(clinic.time_zone)) + timedelta(hours=12)
    ids, kept = _next_messages(session, clinic, noon), []
    for first in range(0, len(ids), AT_ONCE):
        found = situations(session, ids[first : first + AT_ONCE], now=max(now, noon)).values()
        kept += [_kept(facts, day, now) for facts in found if facts.patient.id not in going]
    return sorted(kept, key=lambda each: (each.patient.number, each.timepoint))


def without_visit(session: Session, clinic: Clinic, seen: Set[UUID]) -> int:
    """How many of the clinic's patients are not among those seen: no questionnaire of theirs is open."""
    theirs = select(func.count()).where(Patient.clinic_id == clinic.id, Patient.merged_into.is_(None))
    return (session.scalar(theirs.where(Patient.erased_at.is_(None))) or 0) - len(seen)


def _next_messages(session: Session, clinic: Clinic, noon: datetime) -> list[UUID]:
    """Of each visit open at noon the message that is next to go; where none is to come, the last."""
    waits = Message.state.in_(("planned", "held")) & (Message.due_at > noon)
    wanted = (
        select(Message.id)
        .ext(distinct_on(Message.visit_id))
        .join(Visit, Visit.id == Message.visit_id)
        .join(Episode, Episode.id == Visit.episode_id)
        .where(Message.clinic_id == clinic.id, Visit.opens_at <= noon, Visit.closes_at > noon)
        .order_by(Message.visit_id, waits.desc(), func.abs(func.extract("epoch", Message.due_at - noon)))
    )
    return list(session.scalars(wanted))


def _kept(facts: Situation, day: date, now: datetime) -> Kept:
    message, zone = facts.message, ZoneInfo(facts.patient.time_zone)
    moment = max(now, local_instant(day, facts.protocol.reminders.send_from, zone))
    if refusal := eligibility(facts, now=moment):
        return Kept(facts.patient, facts.visit.timepoint, refusal.reason, refusal.until)
    if message.state == "held":
        return Kept(facts.patient, facts.visit.timepoint, HELD, None)
    waits = message.state == "planned" and local_date(message.due_at, zone) > day
    reason, until = (NOTHING_DUE, message.due_at) if waits else (ALL_GONE, None)
    return Kept(facts.patient, facts.visit.timepoint, reason, until)
