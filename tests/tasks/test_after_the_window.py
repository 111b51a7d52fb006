"""A next try that falls after the visit's window: the message ends as expired, with its cause, and none is stuck."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from surveys import outbox
from surveys.db import app_now, clinic_session
from surveys.models import Clinic, Message, Visit
from surveys.outbox import Outcome
from surveys.pathway.closing import close_windows
from tasks.draining import due_clinics
from tasks.reminders import drain_clinic
from tests.servers.postbox import Postbox
from tests.tasks.enrolled import Enrolled

BUSY = "451 4.3.0 Try again later"
UNSYNCED = {"synchronize_session": False}


def end_window(patient: Enrolled) -> None:
    with clinic_session(patient.clinic_id) as session:
        session.get_one(Visit, patient.visit_id).closes_at = app_now(session)
        session.commit()


def ends(patient: Enrolled) -> set[tuple[str, str | None, object]]:
    return {(message.state, message.cause, message.lease_until) for message in patient.messages()}


def test_a_try_due_after_the_window_expires_when_it_closes(patient: Enrolled, postbox: Postbox) -> None:
    postbox.refuse(patient.address, BUSY)
    drain_clinic(patient.clinic_id)
    first = patient.messages()[0]
    assert (first.state, first.attempts) == ("planned", 1)
    end_window(patient)
    assert patient.clinic_id in due_clinics()
    drain_clinic(patient.clinic_id)
    assert ends(patient) == {("expired", "window_closed", None)}
    assert patient.clinic_id not in due_clinics()


def test_a_hand_over_that_fails_after_the_window_closed_expires_with_its_next_try(patient: Enrolled) -> None:
    with clinic_session(patient.clinic_id) as session:
        (mine,) = outbox.claim(session, 1, now=app_now(session))
        assert outbox.begin_sending(session, mine, now=app_now(session))
        session.commit()
    end_window(patient)
    with clinic_session(patient.clinic_id) as session:
        assert close_windows(session, session.get_one(Clinic, patient.clinic_id), now=app_now(session)) == 1
        outbox.settle(session, mine, Outcome.NOT_TAKEN, now=app_now(session))
        session.commit()
    waiting = {message.due_at for message in patient.messages() if message.state == "planned"}
    assert len(waiting) == 1
    with clinic_session(patient.clinic_id) as session:
        due = {"due_at": app_now(session) - timedelta(seconds=1)}
        session.execute(update(Message).where(Message.state == "planned").values(**due), execution_options=UNSYNCED)
        session.commit()
    drain_clinic(patient.clinic_id)
    assert ends(patient) == {("expired", "window_closed", None)}
