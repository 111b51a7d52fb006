"""What became of a hand-over: sent, tried again later, refused for good, or unknown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_, update
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM, record
from surveys.db import UNSYNCED
from surveys.models import Clinic, Episode, Message, Patient, Visit
from surveys.outbox.claiming import Claim
from surveys.outbox.staff_tasks import open_task
from surveys.outbox.suppressing import suppress_of, wait_for_hand_overs

PAUSES = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))  # between five tries
BEHIND = timedelta(minutes=10)  # how long what was carried leaves its carrier the first turn
RESENT_ONCE = 6  # in ``attempts``: the one repetition that resend_once allows is used up


class Outcome(Enum):
    """How a hand-over ended, as far as the relay told."""

    ACCEPTED = "accepted"
    NOT_TAKEN = "not_taken"  # certainly not accepted; may be tried again
    REJECTED = "rejected"  # the relay refused this mail for good
    BOUNCED = "bounced"  # the relay refused this recipient for good
    UNKNOWN = "unknown"  # the line broke after the final dot


@dataclass(frozen=True)
class Settled:
    """The outcome of one claim. ``reply``: the relay's status codes, such as "451 4.7.1"; None: it said nothing."""

    claim: Claim
    outcome: Outcome
    reply: str | None = None


def settle(session: Session, mine: Claim, outcome: Outcome, *, now: datetime, reply: str | None = None) -> None:
    """Write the outcome of one claim, as ``settle_all`` does."""
    settle_all(session, [Settled(mine, outcome, reply)], now=now)


def settle_all(session: Session, settled: Sequence[Settled], *, now: datetime) -> None:
    """Write outcomes, each for the message and for what it carried, unless the row is another's by now.

    A late answer still explains an ``unknown``.
    """
    if lost := [each.claim for each in settled if each.outcome is Outcome.BOUNCED]:
        wait_for_hand_overs(session, _addressees(session, lost))  # permissions come before messages
    accepted: dict[str | None, list[Claim]] = defaultdict(list)
    for each in settled:
        if each.outcome is Outcome.ACCEPTED:
            accepted[each.reply].append(each.claim)
    for reply, claims in accepted.items():
        _accepted(session, claims, reply, now)
    others = {each.claim.id: each for each in settled if each.outcome is not Outcome.ACCEPTED}
    if others:
        _explain(session, others, now)


def give_back(session: Session, claims: Sequence[Claim]) -> None:
    """Let what was begun and certainly not handed over wait as before, uncounted: its relay cannot be reached."""
    as_before = {"state": "planned", "attempts": Message.attempts - 1, "lease_until": None}
    begun = _ours(claims) & (Message.state == "sending")
    _change(session, begun, Message.state == "sending", as_before)


def settle_lost(session: Session, *, now: datetime, limit: int = 500) -> int:
    """Settle as unknown what is ``sending`` beyond its lease: its worker died. Returns how many."""
    lost = (Message.state == "sending") & (Message.lease_until < func.statement_timestamp())
    wanted = select(Message).where(lost).limit(limit).with_for_update(skip_locked=True)
    messages = session.scalars(wanted.execution_options(populate_existing=True)).all()
    for message in messages:
        message.lease_until = None
        _unknown(session, message, now)
        _keep_behind(message, now)
    session.flush()
    return len(messages)


def _addressees(session: Session, claims: Sequence[Claim]) -> Sequence[UUID]:
    visits = select(Episode.patient_id).join(Visit, Visit.episode_id == Episode.id)
    return session.scalars(visits.join(Message, Message.visit_id == Visit.id).where(_ours(claims))).all()


def _ours(claims: Sequence[Claim]) -> ColumnElement[bool]:
    return tuple_(Message.id, Message.fence).in_([(mine.id, mine.fence) for mine in claims])


def _change(session: Session, heads: ColumnElement[bool], carried: ColumnElement[bool], values: dict[str, Any]) -> None:
    """Change messages, and what they carry."""
    first = update(Message).where(heads).values(**values).returning(Message.id)
    ids = session.execute(first, execution_options=UNSYNCED).scalars().all()
    if ids:
        then = update(Message).where(Message.carried_by.in_(ids), carried).values(**values)
        session.execute(then, execution_options=UNSYNCED)


def _accepted(session: Session, claims: Sequence[Claim], reply: str | None, now: datetime) -> None:
    handed_over = Message.state.in_(("sending", "unknown"))
    sent = {"state": "sent", "settled_at": now, "lease_until": None, "reply": reply}
    _change(session, _ours(claims) & handed_over, handed_over, sent)


def _explain(session: Session, settled: Mapping[UUID, Settled], now: datetime) -> None:
    """Lock in one order, then write each; what an ``unknown`` carried is explained with it already."""
    heads = _locked(session, _ours([each.claim for each in settled.values()]) & (Message.state == "sending"))
    if not heads:
        return
    carried = _locked(session, Message.carried_by.in_([head.id for head in heads]) & (Message.state == "sending"))
    known = {head.id: head for head in heads}
    for message in [*heads, *carried]:
        head = known.get(message.carried_by or message.id, message)
        message.lease_until = None
        message.reply = settled[head.id].reply or message.reply
        SETTLERS[settled[head.id].outcome](session, message, now)
        _keep_behind(message, head.due_at)
    session.flush()


def _locked(session: Session, which: ColumnElement[bool]) -> Sequence[Message]:
    wanted = select(Message).where(which).order_by(Message.id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).all()


def _keep_behind(message: Message, after: datetime) -> None:
    """Let what was carried wait for its carrier, to go with it again under the same Message-ID."""
    if message.carried_by and message.state == "planned":
        message.due_at = max(message.due_at, after) + BEHIND


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
