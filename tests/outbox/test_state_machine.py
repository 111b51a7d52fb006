"""Any order of enrolling, treating, answering, stopping, crashing and coming back keeps the promises about messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveys import outbox
from surveys.access.chain.audit import SYSTEM
from surveys.answering import responses
from surveys.db import clinic_session, uuid7
from surveys.models import Clinic, Ending, Episode, Message, Patient, Visit
from surveys.models.message import TERMINAL
from surveys.outbox import Outcome
from surveys.outbox.holding import release_group
from surveys.pathway import episodes
from surveys.people.patients import set_permissions
from surveys.protocols import store as protocol_store
from tests.faults.counting import FULL
from tests.outbox.follow_up import BOTH, Site, Story, another_episode, enrol, open_site, treat
from tests.outbox.rounds import Relay, die_with_claims, drain, leases_run_out

BEGIN = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ZONES = ("UTC", "America/Denver", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Kiritimati")
CLOSED = (date(2026, 3, 6), date(2026, 3, 19), date(2026, 4, 3))
PLANNED_MESSAGES = 4
ENDINGS = st.sampled_from(["reminders_stopped", "follow_up_stopped", "consent_withdrawn", "died", "lost"])
whom = st.integers(0, 2)
Act = Callable[[Session, Clinic, Patient], None]


class Following(RuleBasedStateMachine):
    """One clinic and up to three patients, by the domain clock of ``now``."""

    site: Site

    def __init__(self) -> None:
        super().__init__()
        self.now, self.patients, self.relay = BEGIN, list[UUID](), Relay()
        self.again = False  # whether the clinic repeats what may not have arrived

    @initialize(policy=st.sampled_from(["never_resend", "resend_once"]), weekends=st.booleans())
    def open(self, policy: str, weekends: bool) -> None:
        self.site, self.again = open_site(BEGIN, weekends=weekends, holidays=CLOSED), policy == "resend_once"
        with clinic_session(self.site.clinic_id) as session:
            session.execute(update(Clinic).values(unknown_policy=policy))
            session.commit()

    @rule(zone=st.sampled_from(ZONES), channel=st.sampled_from(["email", "email", "none"]), late=st.integers(0, 12))
    @precondition(lambda self: len(self.patients) < 3)
    def enrol(self, zone: str, channel: str, late: int) -> None:
        day = self.now.date() - timedelta(days=late)
        story = Story(f"p{uuid7().hex[-10:]}", day, day if late > 5 else None, zone=zone, channel=channel)
        with clinic_session(self.site.clinic_id) as session:
            self.patients.append(enrol(session, self.site, story, now=self.now)[0].id)
            session.commit()

    @rule(who=whom)
    def begin_another_episode(self, who: int) -> None:
        def act(session: Session, _clinic: Clinic, patient: Patient) -> None:
            if len(self._episodes(session, patient)) < 2:
                story = Story("again", self.now.date(), zone=patient.time_zone)
                another_episode(session, self.site, patient, story, now=self.now)

        self._do(who, act)

    @rule(who=whom, ago=st.integers(0, 9))
    def treat(self, who: int, ago: int) -> None:
        def act(session: Session, _clinic: Clinic, patient: Patient) -> None:
            for episode in self._episodes(session, patient)[-1:]:
                treat(session, self.site, episode, self.now.date() - timedelta(days=ago), now=self.now)

        self._do(who, act)

    @rule(hours=st.integers(1, 30))
    def advance(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.tick()

    @rule(days=st.integers(2, 9))
    def let_days_pass(self, days: int) -> None:
        """In steps shorter than any day's window, as the time machine goes."""
        for _ in range(days * 4):
            self.now += timedelta(hours=6)
            self.tick()

    @rule(days=st.integers(1, 12))
    def be_away(self, days: int) -> None:
        """No worker for some days."""
        self.now += timedelta(days=days)
        self.tick()

    @rule()
    def tick(self) -> None:
        drain(self.site, self.relay, self.now, lambda _sendable: Outcome.ACCEPTED)

    @rule(hours=st.integers(1, 30), outcome=st.sampled_from([Outcome.NOT_TAKEN, Outcome.REJECTED, Outcome.UNKNOWN]))
    def meet_a_bad_relay(self, hours: int, outcome: Outcome) -> None:
        """What it does not take is no hand-over."""
        self.now += timedelta(hours=hours)
        drain(self.site, self.relay if outcome is Outcome.UNKNOWN else Relay(), self.now, lambda _sendable: outcome)

    @rule(hours=st.integers(1, 30))
    def bounce(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        drain(self.site, Relay(), self.now, lambda _sendable: Outcome.BOUNCED)

    @rule(hours=st.integers(1, 30))
    def die_with_claims(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        die_with_claims(self.site, self.now)

    @rule(hours=st.integers(1, 30))
    def die_after_the_final_dot(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        drain(self.site, self.relay, self.now, lambda _sendable: None)
        leases_run_out(self.site)

    @rule(who=whom)
    def complete(self, who: int) -> None:
        def act(session: Session, _clinic: Clinic, patient: Patient) -> None:
            for episode in self._episodes(session, patient)[:1]:
                protocol = protocol_store.protocol_of(protocol_store.get(session, episode.protocol_id))
                for visit in self._open_visits(session, episode):
                    responses.submit(session, visit, protocol, now=self.now, actor=SYSTEM)

        self._do(who, act)

    @rule(who=whom)
    def send_again(self, who: int) -> None:
        def act(session: Session, _clinic: Clinic, patient: Patient) -> None:
            for episode in self._episodes(session, patient)[:1]:
                for visit in self._open_visits(session, episode):
                    try:
                        outbox.resend(session, visit, actor=SYSTEM, now=self.now)
                    except outbox.ResendError:
                        session.rollback()

        self._do(who, act)

    @rule(who=whom, days=st.integers(1, 20))
    def pause(self, who: int, days: int) -> None:
        def act(_session: Session, _clinic: Clinic, patient: Patient) -> None:
            patient.paused_until = self.now + timedelta(days=days)

        self._do(who, act)

    @rule(who=whom, allowed=st.booleans())
    def permit(self, who: int, allowed: bool) -> None:
        def act(session: Session, _clinic: Clinic, patient: Patient) -> None:
            permissions = BOTH if allowed else frozenset[str]()
            set_permissions(session, patient, permissions, actor=SYSTEM, now=self.now)

        self._do(who, act)

    @rule(who=whom, kind=ENDINGS)
    def end(self, who: int, kind: str) -> None:
        def act(session: Session, clinic: Clinic, patient: Patient) -> None:
            for episode in self._episodes(session, patient)[:1]:
                day = self.now.date()
                episodes.record_ending(session, clinic, episode, kind, day, reason=None, actor=SYSTEM, now=self.now)

        self._do(who, act)

    @rule(who=whom)
    def take_back(self, who: int) -> None:
        def act(session: Session, clinic: Clinic, patient: Patient) -> None:
            for episode in self._episodes(session, patient)[:1]:
                endings = select(Ending).where(Ending.episode_id == episode.id, Ending.revoked_at.is_(None))
                for ending in session.scalars(endings).all():
                    episodes.revoke_ending(session, clinic, ending, actor=SYSTEM, now=self.now)

        self._do(who, act)

    @rule(release=st.booleans())
    def restore(self, release: bool) -> None:
        """Hold what waits, as a restore does; somebody may let it go."""
        with clinic_session(self.site.clinic_id) as session:
            waiting = update(Message).where(Message.state.in_(("planned", "claimed")))
            session.execute(waiting.values(state="held", lease_until=None))
            for group in ("perhaps_sent", "later") if release else ():
                release_group(session, group, restored_at=self.now, actor=SYSTEM, now=self.now)
            session.commit()

    def _do(self, who: int, act: Act) -> None:
        if who < len(self.patients):
            with clinic_session(self.site.clinic_id) as session:
                clinic = session.get_one(Clinic, self.site.clinic_id)
                act(session, clinic, session.get_one(Patient, self.patients[who]))
                session.commit()

    def _episodes(self, session: Session, patient: Patient) -> list[Episode]:
        theirs = select(Episode).where(Episode.patient_id == patient.id).order_by(Episode.created_at, Episode.id)
        return list(session.scalars(theirs))

    def _open_visits(self, session: Session, episode: Episode) -> list[Visit]:
        takes = (Visit.submitted_at.is_(None), Visit.cancelled_at.is_(None), Visit.closed_at.is_(None))
        theirs = select(Visit).where(Visit.episode_id == episode.id, *takes)
        return list(session.scalars(theirs.where(Visit.opens_at <= self.now, Visit.closes_at > self.now)))

    @invariant()
    def nothing_went_that_should_not_have(self) -> None:
        assert self.relay.faults == []

    @invariant()
    def every_message_has_one_state_that_explains_itself(self) -> None:
        for message in self._messages():
            ended = message.state in TERMINAL
            assert (message.settled_at is not None) == ended, vars(message)
            assert (message.refusal is not None) == (message.state == "refused"), vars(message)
            assert message.state not in ("cancelled", "expired") or message.cause, vars(message)
            assert message.lease_until is None or message.state in ("claimed", "sending"), vars(message)

    @invariant()
    def every_planned_message_exists_once(self) -> None:
        keys = Counter((message.visit_id, message.step, message.issue) for message in self._messages())
        assert set(keys.values()) <= {1}

    @invariant()
    def a_visit_has_four_messages_at_most(self) -> None:
        pairs = {
            pair
            for each in self.relay.taken
            if each.issue == 1
            for pair in zip(each.visit_ids, each.message_ids, strict=True)
        }
        assert max(Counter(visit for visit, _message in pairs).values(), default=0) <= PLANNED_MESSAGES

    @invariant()
    def a_patient_has_one_message_a_day(self) -> None:
        """The same message twice, where the clinic repeats it, is one."""
        planned = {(each.patient_id, each.on, each.message_ids[0]) for each in self.relay.taken if each.issue == 1}
        assert max(Counter((patient, on) for patient, on, _message in planned).values(), default=0) <= 1

    @invariant()
    def what_went_is_repeated_by_policy_only_and_never_denied(self) -> None:
        times = Counter(message for each in self.relay.taken for message in each.message_ids)
        assert max(times.values(), default=0) <= (2 if self.again else 1)
        states = {message.id: message.state for message in self._messages()}
        if not self.again:
            assert {states[message] for message in times} <= {"sent", "unknown", "sending"}

    def teardown(self) -> None:
        """Once all windows are over, everything planned has its end, what a restore held too."""
        if hasattr(self, "site"):
            self.now += timedelta(days=3660)
            leases_run_out(self.site)
            self.tick()
            assert {message.state for message in self._messages()} <= set(TERMINAL)

    def _messages(self) -> list[Message]:
        if not hasattr(self, "site"):
            return []
        with clinic_session(self.site.clinic_id) as session:
            return list(session.scalars(select(Message)))


@pytest.mark.usefixtures("inside")
def test_any_order_of_events_keeps_the_promises(app: Flask) -> None:
    assert app
    many, long = (200, 60) if FULL else (6, 18)
    health = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    chosen = settings(
        max_examples=many, stateful_step_count=long, deadline=None, suppress_health_check=health, derandomize=not FULL
    )
    run_state_machine_as_test(Following, settings=chosen)
