"""Messages that a restore held back: a person looks at them, and releases or cancels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.db import UNSYNCED
from surveys.models import Episode, Message, Patient, Visit

GROUPS = ("perhaps_sent", "later")


@dataclass(frozen=True)
class HeldMessage:
    """A held message with its visit and patient."""

    message: Message
    visit: Visit
    patient: Patient


@dataclass(frozen=True)
class HeldCounts:
    """``perhaps_sent``: due before the restore, so that it may have gone between backup and restore."""

    perhaps_sent: int
    later: int

    @property
    def total(self) -> int:
        """All that wait."""
        return self.perhaps_sent + self.later


def count_held(session: Session, *, restored_at: datetime) -> HeldCounts:
    """Count the clinic's held messages."""
    before = func.count().filter(Message.due_at <= restored_at)
    row = session.execute(select(before, func.count()).where(Message.state == "held")).one()
    return HeldCounts(row[0], row[1] - row[0])


def held_messages(session: Session, group: str, *, restored_at: datetime, limit: int) -> Sequence[HeldMessage]:
    """Return the clinic's held messages of one group of ``GROUPS``, earliest first."""
    wanted = (
        select(Message, Visit, Patient)
        .join(Visit, Visit.id == Message.visit_id)
        .join(Episode, Episode.id == Visit.episode_id)
        .join(Patient, Patient.id == Episode.patient_id)
        .where(_in(group, restored_at))
        .order_by(Message.due_at, Message.step, Message.id)
        .limit(limit)
    )
    return [HeldMessage(message, visit, patient) for message, visit, patient in session.execute(wanted)]


def _in(group: str, restored_at: datetime) -> ColumnElement[bool]:
    before = Message.due_at <= restored_at
    return (Message.state == "held") & (before if group == "perhaps_sent" else ~before)


def release_held(session: Session, message_id: UUID, *, actor: Actor, now: datetime) -> bool:
    """Let one message go its way; False where it is held no more. Whether it may go is asked again at sending."""
    return bool(_settle(session, Message.id == message_id, "planned", actor, now))


def cancel_held(session: Session, message_id: UUID, *, actor: Actor, now: datetime) -> bool:
    """Cancel one message; False where it is held no more."""
    return bool(_settle(session, Message.id == message_id, "cancelled", actor, now))


def release_group(session: Session, group: str, *, restored_at: datetime, actor: Actor, now: datetime) -> int:
    """Let a group go its way; returns how many."""
    return _settle(session, _in(group, restored_at), "planned", actor, now)


def cancel_group(session: Session, group: str, *, restored_at: datetime, actor: Actor, now: datetime) -> int:
    """Cancel a group; returns how many."""
    return _settle(session, _in(group, restored_at), "cancelled", actor, now)


def _settle(session: Session, which: ColumnElement[bool], state: str, actor: Actor, now: datetime) -> int:
    """Settle and record each: a released message stands in the audit with the person who let it go."""
    settled_at = now if state == "cancelled" else None
    done = (
        update(Message)
        .where(which, Message.state == "held")
        .values(state=state, cause="reviewed" if settled_at else None, settled_at=settled_at)
        .returning(Message.id, Message.clinic_id, Message.step)
    )
    rows = session.execute(done, execution_options=UNSYNCED).all()
    action = "message_released" if state == "planned" else "message_cancelled"
    for row in rows:
        what = {"step": row.step, "state": state}
        old = {"state": "held"}
        record(session, row.clinic_id, actor, action, ("message", row.id), now=now, old=old, new=what)
    return len(rows)
