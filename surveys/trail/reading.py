"""The audit page's rows: filtered, the newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session

from surveys.models import AuditEvent, Patient, Staff
from surveys.trail.subjects import concerning, patients_of
from surveys.trail.words import actor_words

PAGE = 50


@dataclass(frozen=True)
class Wanted:
    """Filters; None leaves one out. ``actor``: patient, system, or a staff id; days are the clinic's, both included."""

    actor: str | None = None
    action: str | None = None
    patient: Patient | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class Change:
    """One field before and after; either may be None, a plain value, or sealed under the patient's key."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Line:
    """One row of the audit as it is shown; ``patient``: whom it is about, ``shown``: how many a list showed."""

    event: AuditEvent
    actor: str
    patient: Patient | None
    changes: tuple[Change, ...]
    shown: int


def page_of(session: Session, wanted: Wanted, zone: ZoneInfo, *, before: UUID | None, size: int = PAGE) -> list[Line]:
    """Return one line more than a page holds where there are more; ``before``: the last event of the page above."""
    query = select(AuditEvent).where(*_filters(session, wanted, zone), *_above(session, before))
    newest = query.order_by(AuditEvent.at.desc(), AuditEvent.id.desc()).limit(size + 1)
    return lines_of(session, session.scalars(newest).all())


def _filters(session: Session, wanted: Wanted, zone: ZoneInfo) -> list[ColumnElement[bool]]:
    found = []
    if wanted.actor in ("patient", "system"):
        found.append(AuditEvent.actor_kind == wanted.actor)
    elif wanted.actor:
        found.append(AuditEvent.actor_id == UUID(wanted.actor))
    if wanted.action:
        found.append(AuditEvent.action == wanted.action)
    if wanted.patient:
        found.append(concerning(session, wanted.patient.id))
    if wanted.first:
        found.append(AuditEvent.at >= datetime.combine(wanted.first, time(), zone))
    if wanted.last:
        found.append(AuditEvent.at < datetime.combine(wanted.last + timedelta(days=1), time(), zone))
    return found


def _above(session: Session, before: UUID | None) -> list[ColumnElement[bool]]:
    if before is None:
        return []
    last = select(AuditEvent.at, AuditEvent.id).where(AuditEvent.id == before)
    row = session.execute(last).one_or_none()
    return [] if row is None else [tuple_(AuditEvent.at, AuditEvent.id) < (row.at, row.id)]


def lines_of(session: Session, events: Sequence[AuditEvent]) -> list[Line]:
    """The rows with names and patients put to them."""
    staff = {row.id: row.name for row in session.execute(select(Staff.id, Staff.name))}
    patients = patients_of(session, events)
    return [
        Line(
            event,
            actor_words(event, staff),
            patients.get((event.subject, event.subject_id)),
            changes_of(event.old, event.new),
            len(event.patient_ids or ()),
        )
        for event in events
    ]


def changes_of(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> tuple[Change, ...]:
    """Old and new value by field, in the order of the row; the page that was shown is no change."""
    fields = dict.fromkeys([*(old or {}), *(new or {})])
    return tuple(Change(field, (old or {}).get(field), (new or {}).get(field)) for field in fields if field != "page")
