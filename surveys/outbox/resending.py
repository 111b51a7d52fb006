"""A person's wish to send the link once more, outside the planned four."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.models import Clinic, Episode, Message, Patient, Visit
from surveys.outbox.eligibility import eligibility
from surveys.outbox.planning import new_row
from surveys.outbox.situation import PERMISSION, situation

PAUSE = timedelta(minutes=10)
DAY = timedelta(days=1)
PER_DAY = 3  # that a patient may ask for; staff may send more
REASONS = {
    "completed": "The questionnaire was sent already, so no new link is needed.",
    "visit_cancelled": "This visit was cancelled, so no link can be sent.",
    "window_closed": "The window of this visit is over, so no link can be sent. Answers on paper can still be entered.",
    "not_open": "This visit is not open yet. Its invitation goes by itself when it opens.",
    "ended": "Contact or follow-up has ended for this patient. Take the ending back first.",
    "no_address": "There is no address or number to send the link to. Add one to the contact details.",
    "no_permission": "The patient has not allowed messages of this kind. Record the permission first.",
    "guessed": "Wrong years of birth closed the link. Speak with the patient and give a new link on this page.",
    "no_wording": "There are no questions in the patient's language, so no link can be sent. Phone the patient.",
    "suppressed": "Mail to this address came back, or texts to this number were stopped. Correct the contact details.",
}


class ResendError(ValueError):
    """Why no link goes out now; the text says what to do."""


class ResendTooSoonError(ResendError):
    """This visit had a resend within the last ten minutes, or the patient asked often enough today."""


def resend(session: Session, visit: Visit, *, actor: Actor, now: datetime) -> Message:
    """Plan another invitation, due at ``now``; raises ResendError, changing nothing, where it could not go.

    The locks keep an ending, a submission and another person's wish apart from this one.
    """
    session.execute(select(Episode.id).where(Episode.id == visit.episode_id).with_for_update())
    session.execute(select(Visit.id).where(Visit.id == visit.id).with_for_update())
    issue = _next_issue(session, visit, now)
    if actor.kind == "patient" and _asked_today(session, visit, now) >= PER_DAY:
        raise ResendTooSoonError("Enough links were sent again today.")
    with session.begin_nested():
        message = _add(session, visit, issue, now)
        refusal = eligibility(situation(session, message, now=now), now=now)
        if refusal:
            raise ResendError(REASONS.get(refusal.reason, "No link can be sent now."))
    what = {"issue": issue}
    record(session, visit.clinic_id, actor, "message_resent", ("message", message.id), now=now, new=what)
    return message


def _next_issue(session: Session, visit: Visit, now: datetime) -> int:
    same = (Message.visit_id == visit.id) & (Message.step == "invitation")
    latest = func.max(Message.due_at).filter(Message.issue > 1)
    issue, last = session.execute(select(func.coalesce(func.max(Message.issue), 1), latest).where(same)).one()
    if last is not None and last > now - PAUSE:
        raise ResendTooSoonError("A link was sent again less than ten minutes ago.")
    return int(issue) + 1


def _asked_today(session: Session, visit: Visit, now: datetime) -> int:
    again = (Message.visit_id == visit.id, Message.issue > 1, Message.due_at > now - DAY)
    return session.scalar(select(func.count()).where(*again)) or 0


def _add(session: Session, visit: Visit, issue: int, now: datetime) -> Message:
    clinic, channel = session.get_one(Clinic, visit.clinic_id), _channel(session, visit)
    message = Message(**new_row(clinic, visit.id, "invitation", now, channel, issue, now=now))
    session.add(message)
    session.flush()
    return message


def _channel(session: Session, visit: Visit) -> str:
    """The patient's own; somebody who wants no messages is refused under e-mail's name."""
    whose = select(Patient.channel).join(Episode, Episode.patient_id == Patient.id)
    chosen: str = session.scalars(whose.where(Episode.id == visit.episode_id)).one()
    return chosen if chosen in PERMISSION else "email"
