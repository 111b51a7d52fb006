"""Rounds of a worker against PostgreSQL with a relay in memory, which notes what it is given and what was true then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveys import outbox
from surveys.db import clinic_session
from surveys.models import Clinic, Consent, Ending, Message
from surveys.outbox import Outcome, Sendable, Settled
from surveys.pathway.closing import close_windows
from surveys.schedule import local_date
from tests.outbox.follow_up import Site

BATCH = 50
Answer = Callable[[Sendable], Outcome | None]  # None: the worker dies before it hears the answer


@dataclass(frozen=True)
class HandedOver:
    """One text that the relay took. ``message_ids``: what it was about, the carrier first."""

    message_ids: tuple[UUID, ...]
    visit_ids: tuple[UUID, ...]
    patient_id: UUID
    issue: int
    at: datetime
    on: date  # the patient's own day


@dataclass
class Relay:
    """``taken``: in order; ``faults``: what should never have reached it, in words."""

    taken: list[HandedOver] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def take(self, session: Session, sendable: Sendable, now: datetime) -> None:
        """Note it, and look at the committed facts a moment later than the worker did."""
        all_of = (sendable.situation, *(other.situation for other in sendable.companions))
        head = sendable.situation
        zone = ZoneInfo(head.patient.time_zone)
        ids = tuple(facts.message.id for facts in all_of), tuple(facts.visit.id for facts in all_of)
        self.taken.append(HandedOver(*ids, head.patient.id, head.message.issue, now, local_date(now, zone)))
        for facts in all_of:
            self.faults += [
                f"{facts.message.step} of {facts.visit.timepoint}: {why}" for why in wrong(session, facts, now)
            ]


def wrong(session: Session, facts: outbox.Situation, now: datetime) -> Sequence[str]:
    """What forbids this message now, read apart from the code that decides."""
    visit, patient, clinic = facts.visit, facts.patient, facts.clinic
    local = now.astimezone(ZoneInfo(patient.time_zone))
    ended = select(func.count()).where(Ending.episode_id == visit.episode_id, Ending.revoked_at.is_(None))
    allowed = select(func.count()).where(
        Consent.patient_id == patient.id, Consent.kind == "contact_email", Consent.withdrawn_at.is_(None)
    )
    checks = {
        "complete": visit.submitted_at is not None,
        "cancelled": visit.cancelled_at is not None,
        "before the opening": now < visit.opens_at,
        "after the closing": now >= visit.closes_at,
        "after an ending": bool(session.scalar(ended)),
        "without permission": not session.scalar(allowed),
    }
    if facts.message.issue == 1:
        checks |= {
            "in quiet hours": not 9 <= local.hour < 18,
            "on a weekend": not clinic.send_on_weekends and local.weekday() > 4,
            "in a pause": patient.paused_until is not None and now < patient.paused_until,
        }
    return [why for why, broken in checks.items() if broken]


def drain(site: Site, relay: Relay, now: datetime, answer: Answer) -> None:
    """Close windows, explain what was lost, and hand over what is due, as a worker does."""
    with clinic_session(site.clinic_id) as session:
        outbox.settle_lost(session, now=now)
        session.commit()
        while close_windows(session, session.get_one(Clinic, site.clinic_id), now=now):
            session.commit()
        session.commit()
        while claims := outbox.claim(session, BATCH, now=now):
            session.commit()
            while claims:
                claims = _batch(session, relay, claims, now, answer)


def _batch(
    session: Session, relay: Relay, claims: Sequence[outbox.Claim], now: datetime, answer: Answer
) -> list[outbox.Claim]:
    begun = outbox.begin_batch(session, claims, now=now)
    session.commit()
    for sendable in begun.sendables:
        relay.take(session, sendable, now)
        if outcome := answer(sendable):
            outbox.settle_all(session, [Settled(sendable.claim, outcome)], now=now)
        session.commit()
    return begun.alone


def die_with_claims(site: Site, now: datetime) -> int:
    """Claim what is due, and die; the lease is over at once. Returns how many."""
    with clinic_session(site.clinic_id) as session:
        claims = outbox.claim(session, BATCH, now=now)
        session.commit()
    leases_run_out(site)
    return len(claims)


def leases_run_out(site: Site) -> None:
    """Let time pass for whoever held a row; leases run by the database's real clock."""
    with clinic_session(site.clinic_id) as session:
        over = update(Message).where(Message.lease_until.is_not(None)).values(lease_until=func.clock_timestamp())
        session.execute(over, execution_options={"synchronize_session": False})
        session.commit()
