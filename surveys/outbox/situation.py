"""What the decision about a message reads: for any number of messages in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from surveys.access.birth_year import TASK
from surveys.models import (
    Clinic,
    Ending,
    Episode,
    Message,
    Patient,
    ProtocolVersion,
    Response,
    StaffTask,
    Visit,
)
from surveys.outbox.reach import permitted, suppressed_address, suppressed_number
from surveys.outbox.send_times import holidays
from surveys.protocols import store as protocol_store
from surveys.protocols.model import Protocol
from surveys.send_calendar import SendDays

PERMISSION = {"email": "contact_email", "sms": "contact_sms"}  # by the message's channel
APART = timedelta(hours=20)  # two messages to one patient


@dataclass(frozen=True)
class Situation:
    """Everything the decision reads, as the database has it at this moment."""

    message: Message
    visit: Visit
    patient: Patient
    clinic: Clinic
    protocol: Protocol
    days: SendDays
    permitted: bool  # contact by the message's channel
    may_phone: bool
    ended: bool
    suppressed: bool
    mailed_today: bool  # about this visit
    overtaken: bool  # a later step of this visit is due as well
    written_at: datetime | None  # when the patient was last written to about another visit, if in the last hours
    started: bool
    guessed: bool  # wrong years of birth closed the links, and staff have not given a new one


def situation(session: Session, message: Message, *, now: datetime) -> Situation:
    """Read one message's situation."""
    return situations(session, [message.id], now=now)[message.id]


def situations(session: Session, ids: Sequence[UUID], *, now: datetime) -> dict[UUID, Situation]:
    """Read the situations of messages in one statement, by the messages' ids."""
    ours = (permitted(_kind_of_contact()), permitted("contact_phone"), _ended(), _suppressed())
    facts = (*ours, _mailed(now), _overtaken(now), _written(now), _started(), _guessed())
    wanted = (
        select(Message, Visit, Patient, Clinic, ProtocolVersion, holidays(), *facts)
        .select_from(Message)
        .join(Visit, Visit.id == Message.visit_id)
        .join(Episode, Episode.id == Visit.episode_id)
        .join(Patient, Patient.id == Episode.patient_id)
        .join(Clinic, Clinic.id == Visit.clinic_id)
        .join(ProtocolVersion, ProtocolVersion.id == Episode.protocol_id)
        .where(Message.id.in_(ids))
        .execution_options(populate_existing=True)
    )
    found = {}
    for message, visit, patient, clinic, version, closed, *known in session.execute(wanted):
        protocol, days = protocol_store.protocol_of(version), SendDays(clinic.send_on_weekends, frozenset(closed or ()))
        found[message.id] = Situation(message, visit, patient, clinic, protocol, days, *known)
    return found


def _kind_of_contact() -> ColumnElement[str]:
    return case((Message.channel == "sms", PERMISSION["sms"]), else_=PERMISSION["email"])


def _ended() -> ColumnElement[bool]:
    return exists().where(Ending.episode_id == Episode.id, Ending.revoked_at.is_(None))


def _suppressed() -> ColumnElement[bool]:
    return case((Message.channel == "sms", suppressed_number()), else_=suppressed_address())


def _mailed(now: datetime) -> ColumnElement[bool]:
    other = aliased(Message)
    return exists().where(other.visit_id == Visit.id, other.id != Message.id, _left(other, now))


def _left(other: type[Message], now: datetime) -> ColumnElement[bool]:
    """What is on its way to a patient, or went in the last hours."""
    gone = other.state.in_(("sent", "unknown")) & (other.settled_at > now - APART)
    return other.channel.in_(tuple(PERMISSION)) & (gone | (other.state == "sending"))


def _overtaken(now: datetime) -> ColumnElement[bool]:
    other = aliased(Message)
    due = other.state.in_(("planned", "claimed")) & (other.due_at <= now)
    later = (other.step > Message.step) & (other.issue == 1) & other.channel.in_(tuple(PERMISSION))
    return exists().where(other.visit_id == Visit.id, due, later)


def _written(now: datetime) -> ColumnElement[datetime]:
    """What a person sent again holds nothing up."""
    other, theirs, way = aliased(Message), aliased(Visit), aliased(Episode)
    last = select(func.max(func.coalesce(other.settled_at, now))).join(theirs, theirs.id == other.visit_id)
    last = last.join(way, way.id == theirs.episode_id).where(way.patient_id == Patient.id, theirs.id != Visit.id)
    return last.where(_left(other, now), other.issue == 1).scalar_subquery()


def _started() -> ColumnElement[bool]:
    return exists().where(Response.visit_id == Visit.id)


def _guessed() -> ColumnElement[bool]:
    return exists().where(StaffTask.visit_id == Visit.id, StaffTask.kind == TASK, StaffTask.closed_at.is_(None))
