"""The messages behind a number of the operations page: the same conditions, one row each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, select
from sqlalchemy.orm import Session

from surveys.models import Clinic, Episode, Message, Patient, Visit
from surveys.outbox.figures import counted_at, kept_cause, span_of, within

PIECE = 500  # rows of a long list that are read at a time


@dataclass(frozen=True)
class Wanted:
    """Which messages; None leaves a filter out. ``reason``: of a refusal, a cancelling or an expiry."""

    span: str = "all"
    state: str | None = None
    reason: str | None = None
    channel: str | None = None
    due: bool = False  # only what should have gone by now


@dataclass(frozen=True)
class Listed:
    """A message with its visit and patient; ``along``: the timepoint of the visit in whose message it went."""

    message: Message
    visit: Visit
    patient: Patient
    along: str | None


def listed(
    session: Session, clinic: Clinic, wanted: Wanted, *, now: datetime, offset: int, limit: int
) -> Sequence[Listed]:
    """A page of the messages, the latest first."""
    return _read(session, session.execute(_latest_first(clinic, wanted, now).offset(offset).limit(limit)).all())


def every(session: Session, clinic: Clinic, wanted: Wanted, *, now: datetime) -> Iterator[Listed]:
    """All the messages, the latest first, as they stood at one moment; however many, a piece is in memory."""
    rows = session.execute(_latest_first(clinic, wanted, now), execution_options={"yield_per": PIECE})
    for piece in rows.partitions():
        yield from _read(session, piece)


def _latest_first(clinic: Clinic, wanted: Wanted, now: datetime) -> Select[Message, Visit, Patient]:
    return (
        select(Message, Visit, Patient)
        .join(Visit, Visit.id == Message.visit_id)
        .join(Episode, Episode.id == Visit.episode_id)
        .join(Patient, Patient.id == Episode.patient_id)
        .where(Message.clinic_id == clinic.id, *_conditions(clinic, wanted, now))
        .order_by(counted_at().desc(), Message.id.desc())
    )


def _read(session: Session, rows: Sequence[Row[Message, Visit, Patient]]) -> list[Listed]:
    along = carriers(session, [row.Message for row in rows])
    return [Listed(row.Message, row.Visit, row.Patient, along.get(row.Message.id)) for row in rows]


def _conditions(clinic: Clinic, wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    told = [within(span_of(wanted.span, clinic, now=now))]
    if wanted.state:
        told.append(Message.state == wanted.state)
    if wanted.reason:
        settled = Message.state.in_(("cancelled", "expired"))
        told.append((Message.refusal == wanted.reason) | (settled & (kept_cause() == wanted.reason)))
    if wanted.channel:
        told.append(Message.channel == wanted.channel)
    if wanted.due:
        told.append((Message.state == "planned") & (Message.due_at <= now))
    return told


def carriers(session: Session, messages: Sequence[Message]) -> dict[UUID, str]:
    """The timepoint of the visit in whose message each went along, by the message's id."""
    by = {message.carried_by for message in messages if message.carried_by}
    if not by:
        return {}
    wanted = select(Message.id, Visit.timepoint).join(Visit, Visit.id == Message.visit_id).where(Message.id.in_(by))
    known = {row.id: row.timepoint for row in session.execute(wanted)}
    return {each.id: known[each.carried_by] for each in messages if each.carried_by and each.carried_by in known}
