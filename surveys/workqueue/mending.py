"""What a change of details does to a patient's open tasks: a mended address needs nobody, a new number a new try."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor
from surveys.models import Episode, Patient, StaffTask, Visit
from surveys.outbox.staff_tasks import ABOUT_VISIT, close_tasks, log
from surveys.pathway.reach import is_reachable


def note_change(session: Session, patient: Patient, changed: Set[str], *, actor: Actor, now: datetime) -> None:
    """Close what is settled once messages reach the patient; after a new number somebody may try again today."""
    visits = select(Visit.id).join(Episode, Episode.id == Visit.episode_id).where(Episode.patient_id == patient.id)
    theirs = session.scalars(visits).all()
    if is_reachable(session, patient, patient.channel):
        close_tasks(session, theirs, "details_changed", now=now, by=actor, kinds=("bounced", "no_channel"))
    if "phone" not in changed:
        return
    tasks = select(StaffTask).where(StaffTask.visit_id.in_(theirs), StaffTask.closed_at.is_(None))
    for task in session.scalars(tasks.where(StaffTask.kind.in_(ABOUT_VISIT))).all():
        task.next_try_on = None
        log(session, task.clinic_id, task.id, None, "phone_changed", by=actor, now=now)
    session.flush()
