"""The last look before a hand-over, against withdrawals at the same moment and rows that cannot be begun."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveys import outbox
from surveys.access.birth_year import TRIES, try_year
from surveys.access.chain.audit import SYSTEM
from surveys.access.links import issue_link, open_patient_session
from surveys.db import app_now, clinic_session
from surveys.letters import Content, Form, render
from surveys.models import Message, Patient, PatientLink, PatientSession, Visit
from surveys.outbox import deciding
from surveys.people.patients import set_permissions
from tasks.mail import blanks
from tasks.reminders import dispatch, drain_clinic
from tests.channels.texted import change
from tests.servers.postbox import Postbox
from tests.servers.processes import wait_until
from tests.servers.waiting import is_waited_for
from tests.tasks.enrolled import Enrolled, enrol
from tests.tasks.test_reminders import submit


def claimed(patient: Enrolled) -> outbox.Claim:
    with clinic_session(patient.clinic_id) as session:
        (mine,) = outbox.claim(session, 1, now=app_now(session))
        session.commit()
    return mine


def begin(app: Flask, clinic_id: UUID, mine: outbox.Claim) -> bool:
    """Begin and commit in a thread of its own, as a worker does; tell whether the mail would go."""
    with app.app_context(), clinic_session(clinic_id) as session:
        sendable = outbox.begin_sending(session, mine, now=app_now(session))
        session.commit()
    return sendable is not None


def test_a_withdrawal_under_way_is_waited_for_and_honoured(app: Flask, patient: Enrolled) -> None:
    mine = claimed(patient)
    with ThreadPoolExecutor(1) as pool, clinic_session(patient.clinic_id) as session:
        person = session.scalars(select(Patient)).one()
        set_permissions(session, person, frozenset(), actor=SYSTEM, now=app_now(session))
        session.flush()
        going = pool.submit(begin, app, patient.clinic_id, mine)
        time.sleep(0.4)
        assert not going.done()
        session.commit()
        assert going.result(10) is False
    assert (patient.messages()[0].state, patient.messages()[0].refusal) == ("refused", "no_permission")


def move(session: Session) -> None:
    change(session, email="elsewhere@example.org")


def guess(session: Session) -> None:
    """Give the last wrong year by a link of before."""
    person, browser = session.scalars(select(Patient)).one(), session.scalars(select(PatientSession)).one()
    assert try_year(session, browser.id, person, 1960, now=app_now(session)) == 0


@pytest.mark.parametrize("act", [move, guess])
def test_what_closes_links_closes_the_one_that_is_about_to_go(
    app: Flask, patient: Enrolled, act: Callable[[Session], None]
) -> None:
    mine = claimed(patient)
    with clinic_session(patient.clinic_id) as session:
        now, person = app_now(session), session.scalars(select(Patient)).one()
        person.birth_year = 1951
        issue_link(session, session.get_one(Visit, patient.visit_id), now=now)
        link = session.scalars(select(PatientLink)).one()
        link.year_tries = TRIES - 1
        open_patient_session(session, link, "self", year_pending=True, now=now)
        session.commit()

    def close() -> None:
        with app.app_context(), clinic_session(patient.clinic_id) as session:
            act(session)
            session.commit()

    with ThreadPoolExecutor(1) as pool, clinic_session(patient.clinic_id) as session:
        assert outbox.begin_sending(session, mine, now=app_now(session))
        closing = pool.submit(close)
        wait_until(lambda: closing.done() or is_waited_for(session), "the act waits")
        session.commit()
        closing.result(10)
        live = select(func.count()).select_from(PatientLink).where(PatientLink.revoked_at.is_(None))
        assert session.scalar(live) == 0


def test_a_withdrawal_after_the_last_look_waits_for_sending_to_be_committed(app: Flask, patient: Enrolled) -> None:
    mine, order, looked = claimed(patient), [], threading.Event()

    def withdraw() -> None:
        with app.app_context(), clinic_session(patient.clinic_id) as session:
            looked.wait(10)
            person = session.scalars(select(Patient)).one()
            set_permissions(session, person, frozenset(), actor=SYSTEM, now=app_now(session))
            session.commit()
            order.append("withdrawn")

    with ThreadPoolExecutor(1) as pool, clinic_session(patient.clinic_id) as session:
        waiting = pool.submit(withdraw)
        assert outbox.begin_sending(session, mine, now=app_now(session))
        looked.set()
        time.sleep(0.4)
        order.append("sending")
        session.commit()
        waiting.result(10)
    assert order == ["sending", "withdrawn"]


def test_one_row_that_cannot_be_begun_gets_five_tries_and_holds_up_nobody(
    patient: Enrolled, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T19. What breaks is the last look itself, and the row is the earliest of its batch."""
    poisoned = patient.messages()[0].id

    def broken(facts: outbox.Situation, *, now: datetime) -> outbox.Refusal | None:
        if facts.message.id == poisoned:
            raise LookupError("poisoned")
        return outbox.eligibility(facts, now=now)

    monkeypatch.setattr(deciding, "eligibility", broken)
    five_tries(patient, postbox)


def test_one_text_that_cannot_be_written_gets_five_tries_and_holds_up_nobody(
    patient: Enrolled, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T19. The template breaks on one step only."""

    def broken(form: Form, slots: Mapping[str, str]) -> Content:
        if form.kind == "invitation":
            raise KeyError("poisoned")
        return render(form, slots)

    blanks.blank_of.cache_clear()
    monkeypatch.setattr(blanks, "render", broken)
    five_tries(patient, postbox)


def five_tries(patient: Enrolled, postbox: Postbox) -> None:
    """Let the invitation and the phone task be due at once, again and again, two days apart."""
    for _ in range(7):
        with clinic_session(patient.clinic_id) as session:
            now = app_now(session)
            due = update(Message).where(Message.step.in_(("invitation", "phone_task")), Message.state == "planned")
            session.execute(due.values(due_at=now - timedelta(seconds=1)))
            sent = update(Message).where(Message.settled_at.is_not(None))
            session.execute(sent.values(settled_at=now - timedelta(days=2)))
            session.commit()
        dispatch(patient.clinic_id)
    rows = {message.step: message for message in patient.messages()}
    assert (rows["invitation"].state, rows["invitation"].attempts) == ("refused", 5)
    assert rows["invitation"].refusal == "relay_failed"
    assert rows["phone_task"].state == "sent"
    assert postbox.messages_to(patient.address) == []
    assert set(patient.tasks()) == {"phone", "failed_message"}


def test_a_link_is_not_sent_again_for_a_visit_that_takes_no_answers(patient: Enrolled, postbox: Postbox) -> None:
    submit(patient)
    with clinic_session(patient.clinic_id) as session:
        visit = session.get_one(Visit, patient.visit_id)
        with pytest.raises(outbox.ResendError, match="sent already"):
            outbox.resend(session, visit, actor=SYSTEM, now=app_now(session))
        session.commit()
    assert {message.issue for message in patient.messages()} == {1}
    drain_clinic(patient.clinic_id)
    assert postbox.messages == []


def test_a_link_is_not_sent_again_without_permission() -> None:
    patient = enrol(permitted=False)
    with clinic_session(patient.clinic_id) as session:
        visit = session.get_one(Visit, patient.visit_id)
        with pytest.raises(outbox.ResendError, match="Record the permission"):
            outbox.resend(session, visit, actor=SYSTEM, now=app_now(session))
