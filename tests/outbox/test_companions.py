"""Two episodes of one patient that are due together make one message, and share its fate."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask, current_app
from sqlalchemy import func, select, update

from local.ports import LOOPBACK, free_port
from surveys import outbox
from surveys.db import app_now, clinic_session
from surveys.models import Clinic, Message, Visit
from surveys.outbox import Outcome
from tasks.reminders import dispatch, drain_clinic
from tests.servers.bad_relay import HANG_UP, bad_relay
from tests.servers.postbox import Postbox
from tests.tasks.enrolled import Enrolled, another_episode, enrol_beside

UNSYNCED = {"synchronize_session": False}


@pytest.fixture
def second(patient: Enrolled) -> Enrolled:
    """The same patient's other episode."""
    return another_episode(patient)


@pytest.fixture(autouse=True)
def own_relay(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test point the application at another relay, and put it back."""
    monkeypatch.setitem(app.extensions, "backstory", app.extensions["backstory"])


def change(patient: Enrolled, *which: object, **values: object) -> None:
    with clinic_session(patient.clinic_id) as session:
        session.execute(update(Message).where(*which).values(**values), execution_options=UNSYNCED)  # type: ignore[arg-type]
        session.commit()


def invitations(patient: Enrolled) -> dict[object, Message]:
    """The invitations by visit."""
    return {message.visit_id: message for message in patient.messages() if message.step == "invitation"}


def both(patient: Enrolled, second: Enrolled) -> tuple[Message, Message]:
    """The message that carried, and the one that went along."""
    one, two = (invitations(patient)[each.visit_id] for each in (patient, second))
    return (one, two) if two.carried_by else (two, one)


def test_two_visits_due_together_make_one_mail_with_both_links(
    patient: Enrolled, second: Enrolled, postbox: Postbox
) -> None:
    drain_clinic(patient.clinic_id)
    (mail,) = postbox.messages_to(patient.address)
    carrier, along = both(patient, second)
    assert (carrier.state, along.state, along.carried_by) == ("sent", "sent", carrier.id)
    assert mail["Message-ID"] == carrier.message_id
    assert (along.reply, along.attempts) == (carrier.reply, 1)
    assert along.settled_at == carrier.settled_at
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert len(set(re.findall(r"/q/[\w-]{43}", text))) == 2


@pytest.mark.usefixtures("second")
def test_four_workers_at_once_send_one_mail(app: Flask, patient: Enrolled) -> None:
    with clinic_session(patient.clinic_id) as session:
        one, two = (outbox.claim(session, 1, now=app_now(session)) for _ in range(2))
        session.commit()
    assert len({mine.id for mine in (*one, *two)}) == 2

    def begin(claims: list[outbox.Claim]) -> list[outbox.Sendable]:
        with app.app_context(), clinic_session(patient.clinic_id) as session:
            begun = outbox.begin_batch(session, claims, now=app_now(session), wait=True)
            session.commit()
        return begun.sendables

    with ThreadPoolExecutor(4) as pool:
        begun = [each for found in pool.map(begin, [one, two, one, two]) for each in found]
    assert [len(sendable.companions) for sendable in begun] == [1]
    assert {message.state for message in invitations(patient).values()} == {"sending"}


def test_what_is_due_another_day_or_by_another_way_does_not_go_along(patient: Enrolled, second: Enrolled) -> None:
    for values in ({"due_at": app_day(patient, 1)}, {"channel": "staff", "due_at": app_day(patient, 0)}):
        change(patient, Message.visit_id == second.visit_id, Message.step == "invitation", **values)
        with clinic_session(patient.clinic_id) as session:
            claims = outbox.claim(session, 10, now=app_now(session))
            begun = outbox.begin_batch(session, claims, now=app_now(session))
            session.rollback()
        assert [sendable.companions for sendable in begun.sendables] == [()]


def app_day(patient: Enrolled, days: int) -> object:
    with clinic_session(patient.clinic_id) as session:
        return app_now(session) + timedelta(days=days)


def test_a_visit_that_is_complete_does_not_go_along(patient: Enrolled, second: Enrolled, postbox: Postbox) -> None:
    with clinic_session(patient.clinic_id) as session:
        visit = session.get_one(Visit, second.visit_id)
        visit.submitted_at = app_now(session)
        session.commit()
    drain_clinic(patient.clinic_id)
    states = {message.visit_id: (message.state, message.refusal) for message in invitations(patient).values()}
    assert states == {patient.visit_id: ("sent", None), second.visit_id: ("refused", "completed")}
    text = postbox.messages[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert len(set(re.findall(r"/q/[\w-]{43}", text))) == 1


def test_after_a_try_that_failed_both_go_together_once(patient: Enrolled, second: Enrolled, postbox: Postbox) -> None:
    postbox.refuse(patient.address, "451 4.3.0 Try again later")
    dispatch(patient.clinic_id)
    carrier, along = both(patient, second)
    assert [(each.state, each.attempts) for each in (carrier, along)] == [("planned", 1)] * 2
    assert carrier.reply
    assert carrier.reply.startswith("451")
    assert along.due_at > carrier.due_at
    postbox.clear()
    change(patient, Message.id == carrier.id, due_at=func.app_now())
    drain_clinic(patient.clinic_id)
    assert postbox.message_ids() == [carrier.message_id]
    assert {message.state for message in invitations(patient).values()} == {"sent"}


@pytest.mark.parametrize(("policy", "state", "texts"), [("never_resend", "unknown", 1), ("resend_once", "sent", 2)])
def test_an_unknown_end_is_both_visits_and_a_repetition_has_the_same_id(
    patient: Enrolled, second: Enrolled, postbox: Postbox, policy: str, state: str, texts: int
) -> None:
    with clinic_session(patient.clinic_id) as session:
        session.execute(update(Clinic).values(unknown_policy=policy), execution_options=UNSYNCED)
        session.commit()
    app = current_app
    with bad_relay({".": HANG_UP}) as relay:
        app.extensions["backstory"] = replace(app.extensions["backstory"], smtp_url=relay.url)
        dispatch(patient.clinic_id, limit=1)
        first = relay.taken
    app.extensions["backstory"] = replace(app.extensions["backstory"], smtp_url=postbox.url)
    drain_clinic(patient.clinic_id)
    carrier, along = both(patient, second)
    assert (carrier.state, along.state) == (state, state)
    assert len(first) + len(postbox.messages) == texts
    assert f"Message-ID: {carrier.message_id}" in first[0]
    assert set(postbox.message_ids()) <= {carrier.message_id}


@pytest.mark.usefixtures("second")
def test_a_worker_that_died_leaves_both_explained(patient: Enrolled) -> None:
    with clinic_session(patient.clinic_id) as session:
        claims = outbox.claim(session, 1, now=app_now(session))
        (begun,) = outbox.begin_batch(session, claims, now=app_now(session)).sendables
        session.commit()
    change(patient, Message.state == "sending", lease_until=func.clock_timestamp())
    drain_clinic(patient.clinic_id)
    assert {message.state for message in invitations(patient).values()} == {"unknown"}
    with clinic_session(patient.clinic_id) as session:
        outbox.settle(session, begun.claim, Outcome.ACCEPTED, now=app_now(session), reply="250 2.0.0")
        session.commit()
    assert {(m.state, m.reply) for m in invitations(patient).values()} == {("sent", "250 2.0.0")}


def test_with_the_relay_away_none_is_counted(patient: Enrolled, second: Enrolled) -> None:
    other = enrol_beside(patient, 1)
    change(patient, Message.visit_id == other.visit_id, Message.step == "invitation", due_at=app_day(patient, 0))
    app = current_app
    app.extensions["backstory"] = replace(app.extensions["backstory"], smtp_url=f"smtp://{LOOPBACK}:{free_port()}")
    assert dispatch(patient.clinic_id) == 0
    tried = {message.visit_id: message.attempts for message in invitations(patient).values()}
    assert tried == {patient.visit_id: 0, second.visit_id: 0, other.visit_id: 0}
    with clinic_session(patient.clinic_id) as session:
        assert set(session.scalars(select(Message.state))) == {"planned"}


@pytest.mark.parametrize("newcomer_first", [False, True])
def test_a_repetition_takes_no_newcomer_and_joins_none(
    patient: Enrolled, second: Enrolled, *, newcomer_first: bool
) -> None:
    """The first text may have arrived: a mailbox drops the second with its Message-ID, and the newcomer with it."""
    newcomer = another_episode(patient)
    hidden = app_day(patient, 3)
    change(patient, Message.visit_id == newcomer.visit_id, Message.step == "invitation", due_at=hidden)
    lose_once(patient)
    one, two = both(patient, second)
    assert {(each.state, each.attempts) for each in (one, two)} == {("planned", 5)}
    now = app_day(patient, 0)
    change(patient, Message.visit_id == newcomer.visit_id, Message.step == "invitation", due_at=now)
    change(patient, Message.id.in_([one.id, two.id]), due_at=now)
    heads = [invitations(patient)[newcomer.visit_id].id, one.id]
    with clinic_session(patient.clinic_id) as session:
        claims = {mine.id: mine for mine in outbox.claim(session, 10, now=app_now(session))}
        first = claims[heads[0 if newcomer_first else 1]]
        (begun,) = outbox.begin_batch(session, [first], now=app_now(session)).sendables
        along = {companion.situation.visit.id for companion in begun.companions}
        session.rollback()
    assert along == (set() if newcomer_first else {two.visit_id})


def test_what_lost_its_carrier_goes_once_more_together(patient: Enrolled, second: Enrolled, postbox: Postbox) -> None:
    """Under a Message-ID of its own: seen twice perhaps, lost never."""
    third = another_episode(patient)
    lose_once(patient)
    carrier = next(each for each in invitations(patient).values() if not each.carried_by)
    visits = {patient.visit_id, second.visit_id, third.visit_id} - {carrier.visit_id}
    with clinic_session(patient.clinic_id) as session:
        session.get_one(Visit, carrier.visit_id).submitted_at = app_now(session)
        session.commit()
    change(patient, Message.visit_id.in_(visits), Message.step == "invitation", due_at=app_day(patient, 0))
    drain_clinic(patient.clinic_id)
    gone = [invitations(patient)[visit_id] for visit_id in visits]
    assert {each.state for each in gone} == {"sent"}
    assert len(postbox.messages) == 1
    assert set(postbox.message_ids()) < {each.message_id for each in gone}
    assert invitations(patient)[carrier.visit_id].refusal == "completed"


def lose_once(patient: Enrolled) -> None:
    """A hand-over without an answer, where the clinic wants such a one repeated."""
    with clinic_session(patient.clinic_id) as session:
        session.execute(update(Clinic).values(unknown_policy="resend_once"), execution_options=UNSYNCED)
        (mine,) = outbox.claim(session, 1, now=app_now(session))
        assert outbox.begin_sending(session, mine, now=app_now(session))
        outbox.settle(session, mine, Outcome.UNKNOWN, now=app_now(session))
        session.commit()
