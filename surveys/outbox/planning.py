"""Which messages a visit should have, written with the visit itself; planning twice adds nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from surveys.access.audit import Actor, record
from surveys.db import uuid7
from surveys.models import Clinic, Ending, Message, Patient, Visit
from surveys.protocols.model import MAX_MESSAGES, Protocol
from surveys.schedule import PlannedMessage, PlannedVisit, plan_messages

CANCELLABLE = ("planned", "claimed", "held")
REVIVABLE = ("cancelled", "expired")  # never left the house, so a moved or reopened visit may plan them anew
STALE = timedelta(days=1)  # a reminder planned this late is left out: no burst after a corrected date
RESEND_PAUSE = timedelta(minutes=10)


class ResendTooSoonError(ValueError):
    """This visit had a resend within the last ten minutes."""


def plan(
    session: Session, clinic: Clinic, patient: Patient, visit: Visit, protocol: Protocol, *, now: datetime
) -> None:
    """Write, move or cancel the visit's waiting messages so that they match its window.

    Rows already handed over stay as they are. A patient without a channel gets one row, at opening,
    which becomes a staff task.
    """
    if not _wants_messages(session, visit, now):
        cancel_waiting(session, visit.id, now=now)
        return
    session.flush()
    steps = _steps(visit, patient, protocol, now)
    for step, channel in steps:
        _put(session, clinic, visit, step, channel)
    _cancel(session, visit.id, now, keep=[step.step for step, _ in steps])


def _wants_messages(session: Session, visit: Visit, now: datetime) -> bool:
    over = visit.cancelled_at or visit.submitted_at or visit.closed_at or visit.closes_at <= now
    ended = exists().where(Ending.episode_id == visit.episode_id, Ending.revoked_at.is_(None))
    return not over and not session.scalar(select(ended))


def _steps(visit: Visit, patient: Patient, protocol: Protocol, now: datetime) -> list[tuple[PlannedMessage, str]]:
    """Return steps with their channel: at most four by mail, the phone task by staff."""
    window = PlannedVisit(visit.timepoint, visit.due_on, visit.opens_at, visit.closes_at)
    steps = plan_messages(window, protocol.reminders, ZoneInfo(patient.time_zone))
    if patient.channel == "none":
        return [(step, "staff") for step in steps if step.step == "invitation"]
    current = [step for step in steps if step.step == "invitation" or step.due_at > now - STALE]
    mails = [(step, "email") for step in current if step.step != "phone_task"][:MAX_MESSAGES]
    return mails + [(step, "staff") for step in current if step.step == "phone_task"]


def _put(session: Session, clinic: Clinic, visit: Visit, step: PlannedMessage, channel: str) -> None:
    row = _row(clinic, visit, step.step, channel, step.due_at)
    new = insert(Message).values(**row)
    moved = {"due_at": new.excluded.due_at, "channel": new.excluded.channel, "state": "planned", "settled_at": None}
    unsent = Message.state.in_(("planned", *REVIVABLE)) & (Message.attempts == 0)
    session.execute(
        new.on_conflict_do_update(index_elements=["clinic_id", "visit_id", "step", "issue"], set_=moved, where=unsent)
    )


def _row(clinic: Clinic, visit: Visit, step: str, channel: str, due_at: datetime, issue: int = 1) -> dict[str, Any]:
    return {
        "clinic_id": clinic.id,
        "id": uuid7(),
        "visit_id": visit.id,
        "step": step,
        "issue": issue,
        "channel": channel,
        "state": "planned",
        "due_at": due_at,
        "message_id": message_id(clinic),
        "attempts": 0,
        "fence": 0,
    }


def message_id(clinic: Clinic) -> str:
    """Return a new Message-ID on the clinic's own domain; random, so that it tells nothing."""
    return f"<{uuid4().hex}@{clinic.sender_address.rpartition('@')[2]}>"


def cancel_waiting(session: Session, visit_id: UUID, *, now: datetime) -> None:
    """Cancel what has not been handed over; a row already ``sending`` is left to its worker."""
    _cancel(session, visit_id, now, keep=())


def _cancel(session: Session, visit_id: UUID, now: datetime, *, keep: Sequence[str]) -> None:
    """``keep``: steps that stand; a person's resend (issue 2 and more) is kept along with them."""
    doomed = (Message.visit_id == visit_id) & Message.state.in_(CANCELLABLE)
    if keep:
        doomed &= Message.step.not_in(keep) & (Message.issue == 1)
    session.execute(
        update(Message).where(doomed).values(state="cancelled", settled_at=now, lease_until=None),
        execution_options={"synchronize_session": False},
    )


def resend(session: Session, visit: Visit, *, actor: Actor, now: datetime) -> Message:
    """Plan another invitation by a person's wish, outside the four; raises ResendTooSoonError.

    The visit's row lock keeps two people's wishes apart. ``now`` is also when it falls due.
    """
    clinic = session.get_one(Clinic, visit.clinic_id)
    session.execute(select(Visit.id).where(Visit.id == visit.id).with_for_update())
    same = (Message.visit_id == visit.id) & (Message.step == "invitation")
    issue, latest = session.execute(
        select(func.coalesce(func.max(Message.issue), 1), func.max(Message.due_at).filter(Message.issue > 1)).where(
            same
        )
    ).one()
    if latest is not None and latest > now - RESEND_PAUSE:
        raise ResendTooSoonError("A link was sent again less than ten minutes ago.")
    message = Message(**_row(clinic, visit, "invitation", "email", now, issue + 1))
    session.add(message)
    session.flush()
    what = {"issue": message.issue}
    record(session, clinic.id, actor, "message_resent", ("message", message.id), now=now, new=what)
    return message
