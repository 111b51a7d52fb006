"""The last look before a message is handed over: fence, eligibility, and the state ``sending``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.links import issue_link
from surveys.db import real_now
from surveys.models import Message
from surveys.outbox.claiming import LEASE, Claim
from surveys.outbox.eligibility import Refusal, Situation, eligibility, situation
from surveys.outbox.staff_tasks import open_task

NEEDS_A_PERSON = frozenset({"no_address", "no_permission", "suppressed"})


@dataclass(frozen=True)
class Sendable:
    """What a mail is made of. ``token`` opens the visit and exists in clear only here and in the mail."""

    claim: Claim
    situation: Situation
    token: str


def begin_sending(session: Session, mine: Claim, *, now: datetime, lease: timedelta = LEASE) -> Sendable | None:
    """Turn a claim into ``sending``, or write why not; the caller commits before SMTP sees anything.

    None: another worker has it, it was cancelled meanwhile, it waits, it is refused, or it was a task
    for staff, which is done by opening it.
    """
    message = _lock(session, mine)
    if message is None:
        return None
    facts = situation(session, message, now=now)
    if refusal := eligibility(facts, now=now):
        _refuse(session, message, refusal, now)
        return None
    if message.channel == "staff":
        _hand_to_staff(session, facts, now)
        return None
    message.state = "sending"
    message.attempts += 1
    message.lease_until = real_now(session) + lease
    token = issue_link(session, facts.visit, now=now)
    session.flush()
    return Sendable(mine, facts, token)


def _lock(session: Session, mine: Claim) -> Message | None:
    """Whoever stops a message updates its row, so this lock decides who came first."""
    held = (Message.id == mine.id) & (Message.state == "claimed") & (Message.fence == mine.fence)
    wanted = select(Message).where(held).with_for_update().execution_options(populate_existing=True)
    return session.scalars(wanted).one_or_none()


def _refuse(session: Session, message: Message, refusal: Refusal, now: datetime) -> None:
    message.lease_until = None
    if refusal.until:
        message.state, message.due_at = "planned", refusal.until
    elif refusal.reason == "window_closed":
        message.state, message.settled_at = "expired", now
    else:
        message.state, message.refusal, message.settled_at = "refused", refusal.reason, now
    if refusal.reason in NEEDS_A_PERSON:
        open_task(session, message, "no_channel", now=now)
    session.flush()


def _hand_to_staff(session: Session, facts: Situation, now: datetime) -> None:
    message = facts.message
    by_phone = message.step == "phone_task" and facts.may_phone
    open_task(session, message, "phone" if by_phone else "no_channel", now=now)
    message.state, message.settled_at, message.lease_until = "sent", now, None
    session.flush()
