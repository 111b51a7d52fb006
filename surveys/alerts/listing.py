"""Alerts as staff read them: what waits for somebody, what was acknowledged last, and how many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from surveys.models import Alert, Episode, Patient, Response, Staff, Visit

OPEN = Alert.acknowledged_at.is_(None)


@dataclass(frozen=True)
class Line:
    """An alert with whose it is. ``by``: who acknowledged it."""

    alert: Alert
    visit: Visit
    patient: Patient
    by: Staff | None

    def overdue(self, now: datetime) -> bool:
        """Whether nobody has looked in time."""
        return self.alert.acknowledged_at is None and self.alert.due_at <= now


@dataclass(frozen=True)
class Counts:
    """Alerts that nobody has acknowledged; the overdue ones are among the open."""

    open: int = 0
    overdue: int = 0

    def and_of(self, other: Counts) -> Counts:
        """Those of two clinics together."""
        return Counts(self.open + other.open, self.overdue + other.overdue)


def living(*wanted: ColumnElement[bool]) -> Select[UUID]:
    """Ids of alerts that meet all of these, about people whose record was not erased."""
    joined = select(Alert.id).join(Response, Response.id == Alert.response_id)
    joined = joined.join(Visit, Visit.id == Response.visit_id).join(Episode, Episode.id == Visit.episode_id)
    return joined.join(Patient, Patient.id == Episode.patient_id).where(Patient.erased_at.is_(None), *wanted)


def open_lines(session: Session, clinic_id: UUID, *, limit: int) -> list[Line]:
    """What waits, the most urgent first."""
    wanted = _lines().where(Alert.clinic_id == clinic_id, OPEN)
    return _read(session, wanted.order_by(Alert.due_at, Alert.id).limit(limit))


def acknowledged_lines(session: Session, clinic_id: UUID, *, limit: int) -> list[Line]:
    """What was acknowledged, the newest first."""
    wanted = _lines().where(Alert.clinic_id == clinic_id, ~OPEN)
    return _read(session, wanted.order_by(Alert.acknowledged_at.desc(), Alert.id).limit(limit))


def counts(session: Session, clinic_id: UUID, *, now: datetime) -> Counts:
    """How many wait in a clinic."""
    waiting = living(Alert.clinic_id == clinic_id, OPEN).subquery()
    wanted = select(func.count(), func.count().filter(Alert.due_at <= now)).where(Alert.id.in_(select(waiting.c.id)))
    row = session.execute(wanted).one()
    return Counts(row[0], row[1])


def waiting_for(session: Session, patient_id: UUID) -> int:
    """How many wait about one patient."""
    waiting = living(OPEN, Episode.patient_id == patient_id).subquery()
    return session.scalar(select(func.count()).select_from(waiting)) or 0


def _lines() -> Select[Alert, Visit, Patient, Staff]:
    joined = select(Alert, Visit, Patient, Staff).join(Response, Response.id == Alert.response_id)
    joined = joined.join(Visit, Visit.id == Response.visit_id).join(Episode, Episode.id == Visit.episode_id)
    joined = joined.join(Patient, Patient.id == Episode.patient_id)
    return joined.outerjoin(Staff, Staff.id == Alert.acknowledged_by).where(Patient.erased_at.is_(None))


def _read(session: Session, wanted: Select[Alert, Visit, Patient, Staff]) -> list[Line]:
    return [Line(row[0], row[1], row[2], row[3]) for row in session.execute(wanted)]
