"""What became of a hand-over: sent, tried again later, refused for good, or unknown."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM, record
from surveys.models import Clinic, Episode, Message, Patient, Visit
from surveys.outbox.claiming import Claim
from surveys.outbox.staff_tasks import open_task
from surveys.outbox.suppressing import suppress_of

PAUSES = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))  # between five tries
RESENT_ONCE = 6  # in ``attempts``: the one repetition that resend_once allows is used up


class Outcome(Enum):
    """How a hand-over ended, as far as the relay told."""

    ACCEPTED = "accepted"
    NOT_TAKEN = "not_taken"  # certainly not accepted; may be tried again
    REJECTED = "rejected"  # the relay refused this mail for good
    BOUNCED = "bounced"  # the relay refused this recipient for good
    UNKNOWN = "unknown"  # the line broke after the final dot


def settle(session: Session, mine: Claim, outcome: Outcome, *, now: datetime) -> None:
    """Write the outcome, unless the row is another's by now. A late answer still explains an ``unknown``."""
    held = (Message.id == mine.id) & (Message.fence == mine.fence) & Message.state.in_(("sending", "unknown"))
    if outcome is Outcome.ACCEPTED:
        _accepted(session, held, now)
        return
    wanted = select(Message).where(held).with_for_update().execution_options(populate_existing=True)
    message = session.scalars(wanted).one_or_none()
    if message is None or message.state == "unknown":
        return
    message.lease_until = None
    SETTLERS[outcome](session, message, now)
    session.flush()


def settle_lost(session: Session, *, now: datetime, limit: int = 500) -> int:
    """Settle as unknown what is ``sending`` beyond its lease: its worker died. Returns how many."""
    lost = (Message.state == "sending") & (Message.lease_until < func.clock_timestamp())
    wanted = select(Message).where(lost).limit(limit).with_for_update(skip_locked=True)
    messages = session.scalars(wanted.execution_options(populate_existing=True)).all()
    for message in messages:
        message.lease_until = None
        _unknown(session, message, now)
    session.flush()
    return len(messages)


def _accepted(session: Session, held: ColumnElement[bool], now: datetime) -> None:
    session.execute(
        update(Message).where(held).values(state="sent", settled_at=now, lease_until=None),
        execution_options={"synchronize_session": False},
    )


def not_taken(session: Session, message: Message, now: datetime) -> None:
    """Let it wait for its next try; after the fifth it is refused, and a person is told."""
    message.lease_until = None
    if message.attempts <= len(PAUSES):
        message.state, message.due_at = "planned", now + PAUSES[message.attempts - 1]
    else:
        _refused(session, message, "relay_failed", "failed_message", now)


def _rejected(session: Session, message: Message, now: datetime) -> None:
    _refused(session, message, "relay_rejected", "failed_message", now)


def _bounced(session: Session, message: Message, now: datetime) -> None:
    """Nothing further goes to the address, or the number; a person mends it."""
    whose = select(Patient).join(Episode, Episode.patient_id == Patient.id).join(Visit, Visit.episode_id == Episode.id)
    patient = session.scalars(whose.where(Visit.id == message.visit_id)).one()
    suppress_of(session, patient, message.channel, "bounced", now=now)
    _refused(session, message, "bounced", "bounced", now)


def _refused(session: Session, message: Message, reason: str, task: str, now: datetime) -> None:
    message.state, message.refusal, message.settled_at = "refused", reason, now
    open_task(session, message, task, now=now)


def _unknown(session: Session, message: Message, now: datetime) -> None:
    """Follow the clinic's policy: once more under the same Message-ID, or never."""
    policy = session.get_one(Clinic, message.clinic_id).unknown_policy
    what = {"step": message.step, "policy": policy}
    subject = ("message", message.id)
    record(session, message.clinic_id, SYSTEM, "handover_unknown", subject, now=now, new=what)
    if policy == "resend_once" and message.attempts < RESENT_ONCE:
        message.state, message.due_at, message.attempts = "planned", now, RESENT_ONCE - 1
        return
    message.state, message.settled_at = "unknown", now
    open_task(session, message, "unknown_handover", now=now)


SETTLERS = {
    Outcome.NOT_TAKEN: not_taken,
    Outcome.REJECTED: _rejected,
    Outcome.BOUNCED: _bounced,
    Outcome.UNKNOWN: _unknown,
}
