"""Whether a message may go: the one place that decides, asked again just before every hand-over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from surveys.answering.languages import asked_in
from surveys.models import Visit
from surveys.outbox import send_times
from surveys.outbox.situation import APART, Situation


@dataclass(frozen=True)
class Refusal:
    """Why a message does not go now. With ``until`` it only waits; without, this is its end.

    A wait beyond the visit's window ends as expired.
    """

    reason: str
    until: datetime | None = None


def eligibility(facts: Situation, *, now: datetime) -> Refusal | None:
    """Return what keeps the message back, or None where it may go."""
    visit_says = _visit(facts.visit, now) or ("ended" if facts.ended else None)
    if visit_says or facts.message.channel == "staff":
        return Refusal(visit_says) if visit_says else None
    if reason := _address(facts) or _words(facts) or ("guessed" if facts.guessed else None):
        return Refusal(reason)
    return _wait(facts, now) or _burst(facts)


def _visit(visit: Visit, now: datetime) -> str | None:
    if visit.submitted_at:
        return "completed"
    if visit.cancelled_at:
        return "visit_cancelled"
    return "window_closed" if visit.closed_at or visit.closes_at <= now else None


def _address(facts: Situation) -> str | None:
    address = facts.patient.phone_enc if facts.message.channel == "sms" else facts.patient.email_enc
    if facts.patient.channel == "none" or address is None:
        return "no_address"
    if not facts.permitted:
        return "no_permission"
    return "suppressed" if facts.suppressed else None


def _words(facts: Situation) -> str | None:
    """A link to questions that its reader does not understand helps nobody."""
    return None if asked_in(facts.protocol, facts.visit.timepoint, facts.patient.language) else "no_wording"


def _wait(facts: Situation, now: datetime) -> Refusal | None:
    """What a person sends again goes at any hour of any day, as the patient waits for it."""
    if facts.message.issue > 1:
        return Refusal("not_open", facts.visit.opens_at) if now < facts.visit.opens_at else None
    reminders, days = facts.protocol.reminders, facts.days
    if waits := send_times.wait(facts.visit, facts.patient, reminders, days, now=now):
        return Refusal(*waits)
    if facts.written_at is None:
        return None
    after = max(now, facts.written_at + APART)
    return Refusal("one_a_day", send_times.earliest(after, facts.patient, reminders, days))


def _burst(facts: Situation) -> Refusal | None:
    """Of several steps that are due at once, as after an outage or a pause, only the newest goes."""
    if facts.message.issue > 1:
        return None
    if facts.overtaken:
        return Refusal("overtaken")
    return Refusal("too_soon") if facts.mailed_today else None
