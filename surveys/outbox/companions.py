"""What goes along in one message: other visits of the same patient that are due on the same day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from surveys.models import Episode, Message, Visit
from surveys.outbox.eligibility import eligibility
from surveys.outbox.settling import RESENT_ONCE
from surveys.outbox.situation import PERMISSION, Situation

LONGEST_DAY = timedelta(hours=26)  # with a clock change of two hours, as there is at one station


@dataclass(frozen=True)
class Candidate:
    """A waiting message that may go along with another one of its patient."""

    id: UUID
    visit_id: UUID
    patient_id: UUID


def candidates(
    session: Session, patients: Collection[UUID], *, but: Collection[UUID], now: datetime
) -> list[Candidate]:
    """Find the patients' waiting messages about open visits, due within a day; ``but`` those ids.

    One that waits for its next try is not hurried, unless it goes with the message it went with before.
    """
    soon = (Message.attempts == 0) & (Message.due_at < now + LONGEST_DAY)
    along = aliased(Message)
    carriers = select(along.carried_by).where(along.id.in_(but), along.carried_by.is_not(None))
    again = Message.carried_by.in_(but) | Message.id.in_(carriers)
    taking = Visit.submitted_at.is_(None), Visit.closed_at.is_(None), Visit.cancelled_at.is_(None)
    wanted = (
        select(Message.id, Message.visit_id, Episode.patient_id)
        .join(Visit, Visit.id == Message.visit_id)
        .join(Episode, Episode.id == Visit.episode_id)
        .where(Episode.patient_id.in_(patients), *taking, Visit.opens_at <= now, Visit.closes_at > now)
        .where(Message.state.in_(("planned", "claimed")), Message.issue == 1, Message.channel.in_(tuple(PERMISSION)))
        .where(or_(Message.due_at <= now, soon, again))
        .where(Message.id.not_in(but))
    )
    return [Candidate(row.id, row.visit_id, row.patient_id) for row in session.execute(wanted)]


def together(first: Situation, others: Sequence[Situation], *, now: datetime) -> list[Situation]:
    """Return what makes one message with ``first``, its carrier at the head: each other visit's earliest that may go.

    What went together goes together again under the Message-ID it had. A repetition, whose first hand-over got no
    answer, takes no newcomer and joins nobody: a mailbox that has that Message-ID already may show the second text to
    nobody, and under another one the patient would see the first again. Where its carrier has ended meanwhile, what was
    carried goes once more under its own Message-ID: the patient may see it twice, which the clinic's policy allows, and
    loses nothing, as under the carrier's it might.
    """
    if first.message.issue > 1:
        return [first]
    found: dict[UUID, Situation] = {first.visit.id: first}
    for other in sorted(others, key=lambda each: (each.message.due_at, each.message.id)):
        if other.visit.id not in found and _fits(first, other, now):
            found[other.visit.id] = other
    group = list(found.values())
    return sorted(group, key=lambda each: each.message.id != first.message.carried_by)


def _fits(first: Situation, other: Situation, now: datetime) -> bool:
    one, two = first.message, other.message
    today = two.due_at < _end_of_day(first, now) and not (_repeated(one) or _repeated(two))
    may_join = today or _went_together(one, two)
    return two.channel == one.channel and may_join and eligibility(other, now=now) is None


def _went_together(one: Message, two: Message) -> bool:
    """In one message, whichever of them led it, or a third."""
    return two.carried_by == one.id or one.carried_by in (two.id, two.carried_by or two.id)


def _repeated(message: Message) -> bool:
    """Whether the relay may have it already: no other way leads to so many tries of what still waits."""
    return message.attempts >= RESENT_ONCE - 1


def _end_of_day(facts: Situation, now: datetime) -> datetime:
    """Midnight in the patient's zone."""
    zone = ZoneInfo(facts.patient.time_zone)
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time.min, zone)
