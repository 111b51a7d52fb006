"""A batch comes to the same as its messages one by one; what breaks in it is found, and a void claim does nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, select, text, update

from surveys import outbox
from surveys.access.chain.audit import SYSTEM
from surveys.db import app_now, clinic_session
from surveys.models import Episode, Message, Patient, PatientLink, Visit
from surveys.outbox import Outcome, Settled, deciding
from surveys.people.patients import set_permissions
from tasks.reminders import dispatch
from tests.servers.postbox import Postbox
from tests.servers.processes import wait_until
from tests.tasks.enrolled import Enrolled, enrol, enrol_beside
from tests.tasks.test_reminders import submit

WAITS = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
UNSYNCED = {"synchronize_session": False}


def clinic_of_every_kind() -> list[Enrolled]:
    """One clinic: may go, no permission, complete, not open yet, without a channel, window over."""
    first = enrol()
    others = [enrol_beside(first, number, channel="none" if number == 4 else "email") for number in range(1, 6)]
    with clinic_session(first.clinic_id) as session:
        now = app_now(session)
        person = session.get_one(Patient, session.get_one(Episode, others[0].episode_id).patient_id)
        set_permissions(session, person, frozenset(), actor=SYSTEM, now=now)
        session.get_one(Visit, others[2].visit_id).opens_at = now + timedelta(days=1)
        session.get_one(Visit, others[4].visit_id).closes_at = now - timedelta(seconds=1)
        session.commit()
    submit(others[1])
    with clinic_session(first.clinic_id) as session:
        again = update(Message).where(Message.visit_id == others[1].visit_id, Message.step == "invitation")
        session.execute(again.values(state="planned", cause=None, settled_at=None), execution_options=UNSYNCED)
        session.commit()
    return [first, *others]


def together(clinic: Enrolled, *, unshared: bool = False) -> None:
    with clinic_session(clinic.clinic_id) as session:
        claims = outbox.claim(session, 50, now=app_now(session))
        assert len(claims) == 6
        begun = outbox.begin_batch(session, claims, now=app_now(session), unshared=unshared)
        session.commit()
        told = [Settled(each.claim, Outcome.ACCEPTED, "250 2.0.0") for each in begun.sendables]
        outbox.settle_all(session, told, now=app_now(session))
        session.commit()


def one_by_one(clinic: Enrolled) -> None:
    with clinic_session(clinic.clinic_id) as session:
        for mine in outbox.claim(session, 50, now=app_now(session)):
            if outbox.begin_sending(session, mine, now=app_now(session)):
                outbox.settle(session, mine, Outcome.ACCEPTED, now=app_now(session), reply="250 2.0.0")
            session.commit()


def without_locks(clinic: Enrolled) -> None:
    together(clinic, unshared=True)


def test_whoever_shares_nothing_takes_no_locks(patient: Enrolled) -> None:
    asked = Counter[bool]()
    with clinic_session(patient.clinic_id) as session:
        claims = outbox.claim(session, 1, now=app_now(session))
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", lambda *told: asked.update(["FOR " in told[2]]))
        (begun,) = outbox.begin_batch(session, claims, now=app_now(session), unshared=True).sendables
        outbox.settle_all(session, [Settled(begun.claim, Outcome.ACCEPTED)], now=app_now(session))
    assert asked[True] == 0
    assert asked.total() <= 10


@pytest.mark.parametrize("how", [together, one_by_one, without_locks])
def test_each_message_comes_to_its_own_end(how: Callable[[Enrolled], None]) -> None:
    patients = clinic_of_every_kind()
    how(patients[0])
    found = {message.visit_id: message for message in patients[0].messages() if message.step == "invitation"}
    ends = [found[each.visit_id] for each in patients]
    assert [(each.state, each.refusal or each.cause, each.attempts, each.reply) for each in ends] == [
        ("sent", None, 1, "250 2.0.0"),
        ("refused", "no_permission", 0, None),
        ("refused", "completed", 0, None),
        ("planned", None, 0, None),
        ("sent", None, 0, None),
        ("expired", "window_closed", 0, None),
    ]
    assert sorted(patients[0].tasks()) == ["no_channel", "no_channel"]
    assert all(each.lease_until is None and each.claimed_at for each in ends)
    assert [each.sending_at is not None for each in ends] == [True, False, False, False, False, False]


def test_one_message_that_breaks_holds_up_none_of_its_batch(
    patient: Enrolled, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned = enrol_beside(patient, 1)
    beside = [enrol_beside(patient, number) for number in (2, 3, 4)]
    with clinic_session(patient.clinic_id) as session:
        last = Message.visit_id.in_((poisoned.visit_id, beside[2].visit_id)), Message.step == "invitation"
        session.execute(update(Message).where(*last).values(due_at=app_now(session)), execution_options=UNSYNCED)
        session.commit()  # so that they meet in a batch, once the first have made it larger

    def broken(facts: outbox.Situation, *, now: object) -> outbox.Refusal | None:
        if facts.visit.id == poisoned.visit_id:
            raise ZeroDivisionError
        return outbox.eligibility(facts, now=now)  # type: ignore[arg-type]

    monkeypatch.setattr(deciding, "eligibility", broken)
    dispatch(patient.clinic_id)
    first = {message.visit_id: message for message in patient.messages() if message.step == "invitation"}
    assert {first[each.visit_id].state for each in (patient, *beside)} == {"sent"}
    assert (first[poisoned.visit_id].state, first[poisoned.visit_id].attempts) == ("planned", 1)
    assert len(postbox.messages) == 4


def test_a_row_that_somebody_holds_is_left_to_be_begun_alone(app: Flask, patient: Enrolled) -> None:
    beside = enrol_beside(patient, 1)
    with clinic_session(patient.clinic_id) as session:
        claims = outbox.claim(session, 10, now=app_now(session))
        session.commit()

    def begin() -> outbox.Begun:
        with app.app_context(), clinic_session(patient.clinic_id) as session:
            begun = outbox.begin_batch(session, claims, now=app_now(session))
            session.commit()
        return begun

    with ThreadPoolExecutor(1) as pool, clinic_session(patient.clinic_id) as session:
        session.execute(select(Visit).where(Visit.id == patient.visit_id).with_for_update())
        begun = pool.submit(begin).result(30)
        session.rollback()
    assert [sendable.situation.visit.id for sendable in begun.sendables] == [beside.visit_id]
    held = next(message for message in patient.messages() if message.visit_id == patient.visit_id)
    assert [mine.id for mine in begun.alone] == [held.id]


def somebody_waits(patient: Enrolled) -> bool:
    """For a lock; asked in a transaction of its own, since one sees the same all along."""
    with clinic_session(patient.clinic_id) as session:
        return bool(session.scalar(text(WAITS)))


def test_finishing_a_questionnaire_at_that_moment_is_no_deadlock(app: Flask, patient: Enrolled) -> None:
    """T16: who finishes locks the visit and then the messages; who begins must not hold them the other way round."""
    with clinic_session(patient.clinic_id) as session:
        (mine,) = outbox.claim(session, 1, now=app_now(session))
        session.commit()

    def begin() -> outbox.Sendable | None:
        with app.app_context(), clinic_session(patient.clinic_id) as session:
            sendable = outbox.begin_sending(session, mine, now=app_now(session))
            session.commit()
        return sendable

    with ThreadPoolExecutor(1) as pool, clinic_session(patient.clinic_id) as session:
        session.execute(select(Visit).where(Visit.id == patient.visit_id).with_for_update())
        waiting = pool.submit(begin)
        wait_until(lambda: somebody_waits(patient) or waiting.done(), "the worker at the visit")
        outbox.cancel_waiting(session, patient.visit_id, cause="completed", now=app_now(session))
        session.commit()
        assert waiting.result(30) is None
    assert {message.state for message in patient.messages()} == {"cancelled"}


def test_what_was_begun_and_not_handed_over_waits_as_before(patient: Enrolled) -> None:
    enrol_beside(patient, 1)
    due = {message.id: message.due_at for message in patient.messages()}
    with clinic_session(patient.clinic_id) as session:
        now = app_now(session)
        begun = outbox.begin_batch(session, outbox.claim(session, 10, now=now), now=now)
        outbox.give_back(session, [sendable.claim for sendable in begun.sendables])
        session.commit()
    assert len(begun.sendables) == 2
    assert {message.id: message.due_at for message in patient.messages()} == due
    assert {(message.state, message.attempts) for message in patient.messages()} == {("planned", 0)}


def test_no_more_are_begun_than_may_go_and_the_rest_counts_no_try(patient: Enrolled) -> None:
    enrol_beside(patient, 1)
    with clinic_session(patient.clinic_id) as session:
        claims = outbox.claim(session, 10, now=app_now(session))
        begun = outbox.begin_batch(session, claims, now=app_now(session), most={"email": 1})
        session.commit()
        assert len(session.scalars(select(PatientLink)).all()) == 1
    assert (len(begun.sendables), len(begun.over)) == (1, 1)
    first = [message for message in patient.messages() if message.step == "invitation"]
    assert sorted((each.state, each.attempts) for each in first) == [("planned", 0), ("sending", 1)]


def test_a_worker_with_an_older_fence_neither_begins_nor_settles(patient: Enrolled) -> None:
    """T14: it was stopped beyond its lease, and another worker went on with its rows."""
    enrol_beside(patient, 1)
    with clinic_session(patient.clinic_id) as session:
        old = outbox.claim(session, 10, now=app_now(session), lease=timedelta(0))
        session.commit()
        new = outbox.claim(session, 10, now=app_now(session))
        session.commit()
        begun = outbox.begin_batch(session, old, now=app_now(session), wait=True)
        assert (begun.sendables, begun.alone) == ([], [])
        assert len(outbox.begin_batch(session, new, now=app_now(session)).sendables) == 2
        session.commit()
        for outcome in (Outcome.ACCEPTED, Outcome.BOUNCED, Outcome.NOT_TAKEN):
            outbox.settle_all(session, [Settled(mine, outcome, "250") for mine in old], now=app_now(session))
        outbox.give_back(session, old)
        outbox.release(session, old)
        session.commit()
    first = [message for message in patient.messages() if message.step == "invitation"]
    assert {(each.state, each.attempts, each.reply) for each in first} == {("sending", 1, None)}


def test_a_claim_by_channel_leaves_the_others(patient: Enrolled) -> None:
    enrol_beside(patient, 1, channel="none")
    with clinic_session(patient.clinic_id) as session:
        claimed = outbox.claim(session, 10, now=app_now(session), channels=("staff", "sms"))
        session.commit()
        channels = session.scalars(select(Message.channel).where(Message.id.in_([mine.id for mine in claimed])))
        assert list(channels) == ["staff"]
