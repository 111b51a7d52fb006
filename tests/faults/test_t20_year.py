"""A clinic's year, day after day, with two workers at once that die and lose Redis (T20): every message accounted for.

Two hands drain at each step, as two workers on two hosts do; in the full version they are processes, killed at random,
with two beats and a Redis that is emptied, and the clinic has a thousand patients.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import Interval, Select, exists, func, literal, select
from sqlalchemy.orm import Session

from surveys import outbox
from surveys.access.chain.audit import SYSTEM
from surveys.answering import responses
from surveys.db import app_now, clinic_scope, clinic_session, db, real_now
from surveys.models import Clinic, Consent, Ending, Episode, Message, Patient, Visit
from surveys.models.message import TERMINAL
from surveys.pathway import episodes
from surveys.people.patients import set_permissions
from surveys.protocols import store as protocol_store
from tasks.reminders import tick_now
from tests.faults import dispatchers
from tests.faults.counting import FULL, Fault
from tests.faults.service import Service
from tests.outbox.follow_up import Site, Story, fill, open_site
from tests.outbox.rounds import leases_run_out
from tests.servers.processes import wait_until

pytestmark = pytest.mark.faults
BEGIN = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
PATIENTS, DAYS = (1000, 366) if FULL else (20, 21)
# at noon in UTC it is within the hours of sending in each of these
ZONES = ("UTC", "Europe/Madrid", "Africa/Casablanca", "Asia/Kathmandu")
CLOSED = tuple(date(2026, month, day) for month, day in ((1, 6), (2, 3), (4, 3), (4, 6), (5, 1), (12, 25)))
TICK = timedelta(minutes=1)  # what stops messages does so within one; here many acts of a day are one transaction
ENDED = ("reminders_stopped", "follow_up_stopped", "consent_withdrawn", "died", "lost")


def clinic_of(chance: Random) -> Site:
    """Everyone treated within the first months, some later than they were enrolled."""
    site = open_site(BEGIN, weekends=False, holidays=CLOSED)
    days = [BEGIN.date() - timedelta(days=chance.randrange(40)) for _ in range(PATIENTS)]
    stories = [
        Story(f"p{number}", day, day, zone=ZONES[number % len(ZONES)], channel="none" if number % 9 == 4 else "email")
        for number, day in enumerate(days)
    ]
    fill(site, stories, now=BEGIN)
    return site


def live(site: Site, chance: Random) -> None:
    """Some answer today, one stops, one forbids mail, one pauses."""
    with clinic_session(site.clinic_id) as session:
        now, clinic = app_now(session), session.get_one(Clinic, site.clinic_id)
        takes = Visit.submitted_at.is_(None), Visit.cancelled_at.is_(None), Visit.opens_at <= now, Visit.closes_at > now
        for visit in session.scalars(select(Visit).where(*takes).order_by(Visit.id)).all():
            if chance.random() < 0.05:
                episode = session.get_one(Episode, visit.episode_id)
                protocol = protocol_store.protocol_of(protocol_store.get(session, episode.protocol_id))
                responses.submit(session, visit, protocol, now=now, actor=SYSTEM)
        patients = session.scalars(select(Patient).order_by(Patient.number)).all()
        for patient in chance.sample(patients, max(1, len(patients) // 200)):
            turn = chance.random()
            if turn < 0.1:
                episode = session.scalars(select(Episode).where(Episode.patient_id == patient.id)).one()
                kind, day = chance.choice(ENDED), now.date()
                episodes.record_ending(session, clinic, episode, kind, day, reason=None, actor=SYSTEM, now=now)
            elif turn < 0.15:
                set_permissions(session, patient, frozenset(), actor=SYSTEM, now=now)
            elif turn < 0.3:
                patient.paused_until = now + timedelta(days=14)
        session.commit()


def set_clock(service: Service, moment: datetime) -> None:
    with clinic_scope(None), Session(db.engine) as session:
        shift = moment - real_now(session)
    service.shift(shift)


def claim_and_die(site: Site) -> int:
    """A worker dies with rows in its hands; returns how many."""
    with clinic_session(site.clinic_id) as session:
        held = len(outbox.claim(session, 5, now=app_now(session)))
        session.commit()
    leases_run_out(site)
    return held


def drain_by_two(service: Service, site: Site, fault: Fault) -> None:
    """Two threads hand over at once; now and then another has died before."""
    if fault.chance.random() < 0.2:
        fault.inject("claims of a dead worker", claim_and_die(site))

    def hand(_number: int) -> None:
        with service.app.app_context():
            tick_now()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(hand, range(2)))


class Hosts:
    """Two workers and two beats as processes; one worker or the other is killed, and Redis is emptied."""

    def __init__(self, service: Service, stack: ExitStack) -> None:
        self.workers = [stack.enter_context(dispatchers.worker(service, f"host-{number}")) for number in (1, 2)]
        for number in (1, 2):
            stack.enter_context(dispatchers.beat(service, f"beat-{number}"))

    def drain(self, service: Service, site: Site, fault: Fault) -> None:
        """Wait until they have done what is due, disturbing them."""
        if fault.chance.random() < 0.1:
            fault.inject("FLUSHALL")
            service.flush()
        if fault.chance.random() < 0.1:
            fault.inject("kill -9 of a worker")
            fault.chance.choice(self.workers).kill_child()
            leases_run_out(site)
        wait_until(lambda: undone(site) == 0, "everything that is due", 300)


def undone(site: Site) -> int:
    """Messages that are due, or in somebody's hands."""
    with clinic_session(site.clinic_id) as session:
        due = (Message.state == "planned") & (Message.due_at <= app_now(session))
        held = Message.state.in_(("claimed", "sending"))
        return session.scalar(select(func.count()).select_from(Message).where(due | held)) or 0


def account(service: Service, site: Site) -> tuple[Counter[str], list[str]]:
    """Count the messages by state, and say what does not add up."""
    heads = select(Message.state, Message.message_id).where(Message.channel == "email", Message.carried_by.is_(None))
    with clinic_session(site.clinic_id) as session:
        states = Counter(dict(session.execute(select(Message.state, func.count()).group_by(Message.state)).all()))
        by_state: dict[str, set[str]] = {}
        for state, message_id in session.execute(heads):
            by_state.setdefault(state, set()).add(message_id)
        told = {word: session.scalar(count) or 0 for word, count in to_nobody_else().items()}
    sent, unknown, taken = by_state.get("sent", set()), by_state.get("unknown", set()), service.sink.ids()
    checks = {
        "left over": undone(site),
        "known as sent and never taken": len(sent - set(taken)),
        "taken and not known": len(set(taken) - sent - unknown),
        "taken twice": sum(times > 1 for times in taken.values()),
        "in no known state": sum(number for state, number in states.items() if state not in (*TERMINAL, "planned")),
        **told,
    }
    return states, [f"{what}: {number}" for what, number in checks.items() if number]


def to_nobody_else() -> dict[str, Select[int]]:
    """Counts of what went after an answer, an ending or a withdrawal, or in a pause, by the moments written down."""
    went = (
        select(func.count())
        .select_from(Message)
        .join(Visit, Visit.id == Message.visit_id)
        .join(Episode, Episode.id == Visit.episode_id)
        .where(Message.channel == "email", Message.state.in_(("sent", "unknown")))
    )
    at = Message.sending_at - literal(TICK, Interval())
    of_patient = Consent.patient_id == Episode.patient_id, Consent.kind == "contact_email"
    allowed = exists().where(*of_patient, Consent.withdrawn_at.is_(None) | (Consent.withdrawn_at > at))
    return {
        "to somebody complete": went.where(Visit.submitted_at < at),
        "to somebody ended": went.where(exists().where(Ending.episode_id == Episode.id, Ending.recorded_at < at)),
        "without permission": went.where(~allowed),
    }


def test_a_year_accounts_for_every_message_on_every_day(service: Service, record_fault: Fault) -> None:
    set_clock(service, BEGIN)
    site = clinic_of(record_fault.chance)
    with ExitStack() as stack:
        drain = Hosts(service, stack).drain if FULL else drain_by_two
        for number in range(DAYS):
            set_clock(service, BEGIN + timedelta(days=number))
            live(site, record_fault.chance)
            drain(service, site, record_fault)
            states, wrong = account(service, site)
            assert wrong == [], f"on day {number}"
    record_fault.inject("days", DAYS)
    record_fault.inject("patients", PATIENTS)
    ends = {state: number for state, number in states.items() if state in TERMINAL}
    record_fault.count(rows=states.total(), taken=service.sink.ids().total(), doubled=0, left_over=0, **ends)
    assert states["sent"] > PATIENTS
    assert states["cancelled"] > 0
