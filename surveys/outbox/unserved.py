"""Messages by a channel that has no way out here, such as texts where no gateway is set.

They wait, and a person is asked at once. Refusing them would lose what a mended setting lets go: then the newest of
what is due goes, as after any outage. With its window a message expires as any other; nobody waits for that, since the
task is there from the first due message on.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from surveys.models import Clinic, Message, Patient, StaffTask
from surveys.models.message import OUTCOMES
from surveys.outbox.claiming import claim, release
from surveys.outbox.sending import begin_batch
from surveys.outbox.staff_tasks import open_once

ASKED = "no_channel"


def ask_instead(session: Session, channel: str, *, now: datetime, limit: int = 200) -> int:
    """Open a task for each visit that a due message by this channel is about; returns how many were dealt with.

    The last look decides on each as ever: what may not go is refused or put off, and asks nobody.
    """
    claims = claim(session, limit, now=now, channels=(channel,), but=_asked())
    begun = begin_batch(session, claims, now=now, most={channel: 0})
    release(session, begun.alone)
    ids = [mine.id for mine in begun.over]
    for row in session.execute(select(Message.clinic_id, Message.visit_id).where(Message.id.in_(ids)).distinct()):
        open_once(session, row.clinic_id, row.visit_id, ASKED, now=now)
    return len(ids) + sum(begun.done.values())


def _asked() -> ColumnElement[bool]:
    """Whether a person has the task, or closed it."""
    stands = or_(StaffTask.closed_at.is_(None), StaffTask.outcome.in_(OUTCOMES))
    return exists().where(StaffTask.visit_id == Message.visit_id, StaffTask.kind == ASKED, stands)


def count_due(session: Session, clinic: Clinic, channel: str, *, now: datetime) -> int:
    """How many messages by this channel should have gone by now."""
    due = Message.clinic_id == clinic.id, Message.channel == channel, Message.state == "planned", Message.due_at <= now
    return session.scalar(select(func.count()).where(*due)) or 0


def count_choosing(session: Session, clinic: Clinic, channel: str) -> int:
    """How many patients are to be written to by this channel."""
    theirs = Patient.clinic_id == clinic.id, Patient.channel == channel
    there = Patient.erased_at.is_(None), Patient.merged_into.is_(None)
    return session.scalar(select(func.count()).where(*theirs, *there)) or 0
