"""A patient who can no longer be written to as planned: a person is told at once, not when the next message is due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.models import Episode, Patient, Visit
from surveys.outbox.reach import permitted, suppressed_address, suppressed_number
from surveys.outbox.situation import PERMISSION
from surveys.outbox.staff_tasks import ask_staff
from surveys.pathway.episode_plan import STOPS_MESSAGES, ended_by


def ask_for_another_way(session: Session, patient: Patient, *, now: datetime) -> None:
    """Open a task for each open visit, else for the next one; none where contact has ended."""
    session.flush()
    for visit in _concerned(session, patient, now):
        ask_staff(session, patient.clinic_id, visit.id, "no_channel", now=now)


@contextmanager
def asking_where_lost(session: Session, patient: Patient, *, now: datetime) -> Iterator[None]:
    """Do so where the patient could be written to before the block, and cannot after it."""
    before = is_reachable(session, patient, patient.channel)
    yield
    session.flush()
    if before and not is_reachable(session, patient, patient.channel):
        ask_for_another_way(session, patient, now=now)


def is_reachable(session: Session, patient: Patient, channel: str) -> bool:
    """Whether messages may go by ``email`` or ``sms``: allowed, with somewhere to go to, and not stopped."""
    index = patient.phone_index if channel == "sms" else patient.email_index
    if channel not in PERMISSION or index is None:
        return False
    halted = suppressed_number() if channel == "sms" else suppressed_address()
    goes = select(permitted(PERMISSION[channel]) & ~halted).where(Patient.id == patient.id)
    return bool(session.scalar(goes))


def _concerned(session: Session, patient: Patient, now: datetime) -> Sequence[Visit]:
    takes = Visit.submitted_at.is_(None), Visit.cancelled_at.is_(None), Visit.closed_at.is_(None), Visit.closes_at > now
    followed = Episode.patient_id == patient.id, ~ended_by(STOPS_MESSAGES)
    theirs = select(Visit).join(Episode, Episode.id == Visit.episode_id).where(*followed, *takes)
    visits = session.scalars(theirs.order_by(Visit.opens_at, Visit.id)).all()
    return [visit for visit in visits if visit.opens_at <= now] or visits[:1]
