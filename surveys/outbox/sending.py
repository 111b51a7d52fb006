"""The last look before a message is handed over: fence, eligibility, and the state ``sending``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveys.access.links import issue_link
from surveys.models import Consent, Episode, Message, Visit
from surveys.outbox.claiming import LEASE, Claim
from surveys.outbox.eligibility import Refusal, eligibility
from surveys.outbox.settling import not_taken
from surveys.outbox.situation import Situation, situation
from surveys.outbox.staff_tasks import open_task

CONTACT = ("contact_email", "contact_sms", "contact_phone")
NEEDS_A_PERSON = frozenset({"no_address", "no_permission", "suppressed"})


@dataclass(frozen=True)
class Companion:
    """Another visit of the same patient that goes in the same message."""

    claim: Claim
    situation: Situation
    token: str


@dataclass(frozen=True)
class Sendable:
    """What a message is made of. A ``token`` opens a visit and exists in clear only here and in the message.

    ``begun_at``: by the domain clock, for the message's date.
    """

    claim: Claim
    situation: Situation
    token: str
    begun_at: datetime
    companions: tuple[Companion, ...] = ()


def begin_sending(session: Session, mine: Claim, *, now: datetime, lease: timedelta = LEASE) -> Sendable | None:
    """Turn a claim into ``sending``, or write why not; the caller commits before SMTP sees anything.

    None: another worker has it, it was cancelled meanwhile, it waits, it is refused, or it was a task
    for staff, which is done by opening it.
    """
    _lock_permissions(session, mine)
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
    message.state, message.sending_at = "sending", now
    message.attempts += 1
    message.lease_until = func.clock_timestamp() + lease
    token = issue_link(session, facts.visit, now=now)
    session.flush()
    return Sendable(mine, facts, token, now)


def _lock_permissions(session: Session, mine: Claim) -> None:
    """Wait for a withdrawal under way, and let a later one wait until ``sending`` is committed.

    Withdrawing updates the permission and no message. What is read after the locks, by a statement of
    its own, sees everything committed before them. Permissions come before messages in every transaction.
    """
    visit = select(Message.visit_id).where(Message.id == mine.id).scalar_subquery()
    episode = select(Visit.episode_id).where(Visit.id == visit).scalar_subquery()
    patient = select(Episode.patient_id).where(Episode.id == episode).scalar_subquery()
    theirs = Consent.patient_id == patient, Consent.kind.in_(CONTACT), Consent.withdrawn_at.is_(None)
    session.execute(select(Consent.id).where(*theirs).with_for_update(read=True, of=Consent)).all()


def _lock(session: Session, mine: Claim) -> Message | None:
    """Completions, endings and replanning update the row they stop, so this lock decides who came first."""
    held = (Message.id == mine.id) & (Message.state == "claimed") & (Message.fence == mine.fence)
    wanted = select(Message).where(held).with_for_update().execution_options(populate_existing=True)
    return session.scalars(wanted).one_or_none()


def _refuse(session: Session, message: Message, refusal: Refusal, now: datetime) -> None:
    message.lease_until = None
    closes_at = session.get_one(Visit, message.visit_id).closes_at
    if refusal.until and refusal.until < closes_at:
        message.state, message.due_at = "planned", refusal.until
    elif refusal.until or refusal.reason == "window_closed":
        message.state, message.cause, message.settled_at = "expired", refusal.reason, now
    else:
        message.state, message.refusal, message.settled_at = "refused", refusal.reason, now
    if refusal.reason in NEEDS_A_PERSON:
        open_task(session, message, "no_channel", now=now)
    session.flush()


def put_off(session: Session, mine: Claim, *, now: datetime) -> None:
    """Count a try that could not even begin; after the fifth a person is told, like after any other."""
    message = _lock(session, mine)
    if message is not None:
        message.attempts += 1
        not_taken(session, message, now)
        session.flush()


def _hand_to_staff(session: Session, facts: Situation, now: datetime) -> None:
    message = facts.message
    by_phone = message.step == "phone_task" and facts.may_phone
    open_task(session, message, "phone" if by_phone else "no_channel", now=now)
    message.state, message.settled_at, message.lease_until = "sent", now, None
    session.flush()
