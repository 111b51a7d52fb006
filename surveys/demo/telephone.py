"""Calls that the demo's coordinator made in the past, logged through the function that the queue's buttons call."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor
from surveys.models import Clinic, StaffTask, Visit
from surveys.outbox.staff_tasks import ABOUT_VISIT
from surveys.workqueue.attempts import Tried, log_attempt

APART = timedelta(days=2)
COURSES = (  # one for each patient, by the patient's number
    (),
    (Tried("no_answer"),),
    (Tried("voicemail", "Said who called and why"),),
    (Tried("no_answer"), Tried("promised", "Will answer at the weekend")),
    (),
    (Tried("no_answer"), Tried("voicemail"), Tried("no_answer", "Try after 17:00")),
)


def let_call(
    session: Session, clinic: Clinic, episode_id: UUID, number: int, *, coordinator: Actor, until: datetime
) -> None:
    """Log what was tried in the days before ``until`` about the episode's open tasks."""
    course = COURSES[number % len(COURSES)]
    last = until.replace(hour=10, minute=number % 60) - timedelta(days=number % 3)
    opened = (
        select(Visit, StaffTask.opened_at)
        .join(StaffTask, StaffTask.visit_id == Visit.id)
        .where(Visit.episode_id == episode_id, StaffTask.closed_at.is_(None), StaffTask.kind.in_(ABOUT_VISIT))
        .where(Visit.closes_at > until)
        .order_by(StaffTask.opened_at)
    )
    waiting = {visit.id: (visit, at) for visit, at in session.execute(opened).all()}
    for visit, at in waiting.values():
        logged = 0
        for seen, tried in enumerate(course):
            moment = last - (len(course) - 1 - seen) * APART
            if at < moment <= until:
                log_attempt(session, clinic, visit, tried, seen=logged, actor=coordinator, now=moment)
                logged += 1
