"""A patient who can no longer be written to as planned: a person is told at once, not when the next message is due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from surveys.models import Consent, Ending, Episode, Patient, SuppressedPhone, Suppression, Visit
from surveys.outbox.situation import PERMISSION
from surveys.outbox.staff_tasks import ask_staff
from surveys.pathway.episode_plan import STOPS_MESSAGES


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
    kind = Consent.patient_id == patient.id, Consent.kind == PERMISSION[channel], Consent.withdrawn_at.is_(None)
    halted = (
        exists().where(SuppressedPhone.phone_index == index)
        if channel == "sms"
        else exists().where(Suppression.email_index == index)
    )
    return bool(session.scalar(select(exists().where(*kind) & ~halted)))


def _concerned(session: Session, patient: Patient, now: datetime) -> Sequence[Visit]:
    over = exists().where(Ending.episode_id == Episode.id, Ending.revoked_at.is_(None), Ending.kind.in_(STOPS_MESSAGES))
    takes = Visit.submitted_at.is_(None), Visit.cancelled_at.is_(None), Visit.closed_at.is_(None), Visit.closes_at > now
    running = select(Visit).join(Episode, Episode.id == Visit.episode_id).where(Episode.patient_id == patient.id, ~over)
    visits = session.scalars(running.where(*takes).order_by(Visit.opens_at, Visit.id)).all()
    return [visit for visit in visits if visit.opens_at <= now] or visits[:1]
