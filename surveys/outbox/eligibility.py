"""Whether a message may go: the one place that decides, asked again just before every hand-over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from surveys.access.birth_year import TASK
from surveys.models import (
    Clinic,
    Consent,
    Ending,
    Episode,
    Message,
    Patient,
    ProtocolVersion,
    Response,
    StaffTask,
    SuppressedPhone,
    Suppression,
    Visit,
)
from surveys.protocols import store as protocol_store
from surveys.protocols.model import Protocol
from surveys.schedule import next_sendable

PERMISSION = {"email": "contact_email", "sms": "contact_sms"}  # by the message's channel
APART = timedelta(hours=20)  # two mails about one visit on the same day: the later one is left out


@dataclass(frozen=True)
class Refusal:
    """Why a message does not go now. With ``until`` it only waits; without, this is its end."""

    reason: str
    until: datetime | None = None


@dataclass(frozen=True)
class Situation:
    """Everything the decision reads, as the database has it at this moment."""

    message: Message
    visit: Visit
    patient: Patient
    clinic: Clinic
    protocol: Protocol
    permitted: bool  # contact by the message's channel
    may_phone: bool
    ended: bool
    suppressed: bool
    mailed_today: bool
    started: bool
    guessed: bool  # wrong years of birth closed the links, and staff have not given a new one


def situation(session: Session, message: Message, *, now: datetime) -> Situation:
    """Read a message's situation in one statement."""
    facts = (
        _permitted(PERMISSION.get(message.channel, "contact_email")),
        _permitted("contact_phone"),
        _ended(),
        _suppressed(message.channel),
        _mailed(message, now),
        _started(),
        _guessed(),
    )
    wanted = (
        select(Visit, Patient, Clinic, ProtocolVersion, *facts)
        .select_from(Visit)
        .join(Episode, Episode.id == Visit.episode_id)
        .join(Patient, Patient.id == Episode.patient_id)
        .join(Clinic, Clinic.id == Visit.clinic_id)
        .join(ProtocolVersion, ProtocolVersion.id == Episode.protocol_id)
        .where(Visit.id == message.visit_id)
        .execution_options(populate_existing=True)
    )
    visit, patient, clinic, version, *known = session.execute(wanted).one()
    return Situation(message, visit, patient, clinic, protocol_store.protocol_of(version), *known)


def _permitted(kind: str) -> ColumnElement[bool]:
    return exists().where(Consent.patient_id == Patient.id, Consent.kind == kind, Consent.withdrawn_at.is_(None))


def _ended() -> ColumnElement[bool]:
    return exists().where(Ending.episode_id == Episode.id, Ending.revoked_at.is_(None))


def _suppressed(channel: str) -> ColumnElement[bool]:
    if channel == "sms":
        return exists().where(SuppressedPhone.phone_index == Patient.phone_index)
    return exists().where(Suppression.email_index == Patient.email_index)


def _mailed(message: Message, now: datetime) -> ColumnElement[bool]:
    left = Message.state.in_(("sent", "unknown")) & (Message.settled_at > now - APART)
    return exists().where(
        Message.visit_id == Visit.id,
        Message.id != message.id,
        Message.channel.in_(tuple(PERMISSION)),
        left | (Message.state == "sending"),
    )


def _started() -> ColumnElement[bool]:
    return exists().where(Response.visit_id == Visit.id)


def _guessed() -> ColumnElement[bool]:
    return exists().where(StaffTask.visit_id == Visit.id, StaffTask.kind == TASK, StaffTask.closed_at.is_(None))


def eligibility(facts: Situation, *, now: datetime) -> Refusal | None:
    """Return what keeps the message back, or None where it may go."""
    visit_says = _visit(facts.visit, now) or ("ended" if facts.ended else None)
    if visit_says or facts.message.channel == "staff":
        return Refusal(visit_says) if visit_says else None
    if reason := _address(facts) or ("guessed" if facts.guessed else None) or _burst(facts):
        return Refusal(reason)
    return _opening(facts.visit, now) or _quiet_hours(facts, now)


def _visit(visit: Visit, now: datetime) -> str | None:
    if visit.submitted_at:
        return "completed"
    if visit.cancelled_at:
        return "visit_cancelled"
    return "window_closed" if visit.closed_at or visit.closes_at <= now else None


def _address(facts: Situation) -> str | None:
    address = facts.patient.phone_enc if facts.message.channel == "sms" else facts.patient.email_enc
    if facts.patient.channel == "none" or address is None:
        return "no_address"
    if not facts.permitted:
        return "no_permission"
    return "suppressed" if facts.suppressed else None


def _burst(facts: Situation) -> str | None:
    """A reminder close upon another mail, as after an outage; what a person sends again is never held up."""
    return "too_soon" if facts.mailed_today and facts.message.issue == 1 else None


def _opening(visit: Visit, now: datetime) -> Refusal | None:
    return Refusal("not_open", visit.opens_at) if now < visit.opens_at else None


def _quiet_hours(facts: Situation, now: datetime) -> Refusal | None:
    """Return the wait for the send window; what a person sends again goes at any hour, as the patient waits."""
    if facts.message.issue > 1:
        return None
    plan = facts.protocol.reminders
    at = next_sendable(now, ZoneInfo(facts.patient.time_zone), plan.send_from, plan.send_until)
    return Refusal("quiet_hours", at) if at > now else None
