"""Messages against a real PostgreSQL and a real SMTP server; each name is a promise."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import func, update

from surveys import outbox
from surveys.access.chain.audit import SYSTEM
from surveys.answering import responses
from surveys.db import app_now, clinic_session
from surveys.models import Clinic, Episode, Message, Patient, Visit
from surveys.pathway.closing import close_windows
from surveys.protocols import store as protocol_store
from tasks.reminders import dispatch, drain_clinic
from tests.servers.postbox import Postbox
from tests.tasks.enrolled import Enrolled, enrol


def make_due(patient: Enrolled, step: str) -> None:
    """Bring one step forward to now, and let the mails before it be two days old."""
    with clinic_session(patient.clinic_id) as session:
        now = app_now(session)
        session.execute(update(Message).where(Message.step == step).values(due_at=now - timedelta(seconds=1)))
        sent = Message.settled_at.is_not(None)
        session.execute(update(Message).where(sent).values(settled_at=now - timedelta(days=2)))
        session.commit()


def submit(patient: Enrolled) -> None:
    with clinic_session(patient.clinic_id) as session:
        episode = session.get_one(Episode, patient.episode_id)
        protocol = protocol_store.protocol_of(protocol_store.get(session, episode.protocol_id))
        visit = session.get_one(Visit, patient.visit_id)
        responses.submit(session, visit, protocol, now=app_now(session), actor=SYSTEM)
        session.commit()


def test_an_invitation_goes_once_with_its_headers(patient: Enrolled, postbox: Postbox) -> None:
    drain_clinic(patient.clinic_id)
    drain_clinic(patient.clinic_id)
    (mail,) = postbox.messages_to(patient.address)
    assert postbox.recipients() == [[patient.address]]
    assert str(mail["Message-ID"]) == patient.messages()[0].message_id
    assert str(mail["Message-ID"]).endswith("@riverside.example>")
    assert len(str(mail["Subject"])) <= 50
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert patient.states()[0] == ("invitation", "sent")


def test_the_link_in_the_mail_opens_the_visit(patient: Enrolled, postbox: Postbox, client: FlaskClient) -> None:
    drain_clinic(patient.clinic_id)
    found = re.search(r"/q/[\w-]+", postbox.messages[0].get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert found
    assert client.get(found.group(), follow_redirects=True).status_code == 200


def test_two_dispatches_at_once_send_one_email(app: Flask, patient: Enrolled, postbox: Postbox) -> None:
    def run(_: int) -> None:
        with app.app_context():
            dispatch(patient.clinic_id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(8)))
    assert postbox.message_ids() == [patient.messages()[0].message_id]


def test_reminders_follow_and_none_after_completion(patient: Enrolled, postbox: Postbox) -> None:
    drain_clinic(patient.clinic_id)
    make_due(patient, "reminder_1")
    drain_clinic(patient.clinic_id)
    assert len(postbox.messages) == 2
    submit(patient)
    make_due(patient, "reminder_2")
    drain_clinic(patient.clinic_id)
    assert len(postbox.messages) == 2
    assert [state for _, state in patient.states()].count("cancelled") == 3


def test_a_claim_made_before_completion_is_not_sent(patient: Enrolled, postbox: Postbox) -> None:
    with clinic_session(patient.clinic_id) as session:
        (mine,) = outbox.claim(session, 10, now=app_now(session))
        session.commit()
    submit(patient)
    with clinic_session(patient.clinic_id) as session:
        assert outbox.begin_sending(session, mine, now=app_now(session)) is None
        session.commit()
    assert postbox.messages == []
    assert patient.states()[0] == ("invitation", "cancelled")


def test_an_older_fence_is_void(patient: Enrolled) -> None:
    with clinic_session(patient.clinic_id) as session:
        (first,) = outbox.claim(session, 10, now=app_now(session), lease=timedelta(0))
        session.commit()
        (second,) = outbox.claim(session, 10, now=app_now(session))
        session.commit()
        assert second.fence > first.fence
        assert outbox.begin_sending(session, first, now=app_now(session)) is None
        assert outbox.begin_sending(session, second, now=app_now(session)) is not None
        session.commit()


def test_without_permission_the_refusal_says_so(postbox: Postbox) -> None:
    patient = enrol(permitted=False)
    drain_clinic(patient.clinic_id)
    assert postbox.messages == []
    assert (patient.messages()[0].state, patient.messages()[0].refusal) == ("refused", "no_permission")


def test_without_a_channel_staff_get_one_task(postbox: Postbox) -> None:
    patient = enrol(channel="none")
    drain_clinic(patient.clinic_id)
    assert postbox.messages == []
    assert patient.tasks() == ["no_channel"]
    assert patient.states() == [("invitation", "sent")]


def test_a_refused_recipient_is_suppressed_and_shown_to_staff(patient: Enrolled, postbox: Postbox) -> None:
    postbox.refuse(patient.address)
    drain_clinic(patient.clinic_id)
    make_due(patient, "reminder_1")
    drain_clinic(patient.clinic_id)
    assert [message.refusal for message in patient.messages()[:2]].count("bounced") == 1
    assert [message.refusal for message in patient.messages()[:2]].count("suppressed") == 1
    assert set(patient.tasks()) == {"bounced", "no_channel"}


def test_a_relay_that_says_later_gets_five_tries(patient: Enrolled, postbox: Postbox) -> None:
    postbox.refuse(patient.address, "451 4.3.0 Try again later")
    for _ in range(7):
        make_due(patient, "invitation")
        dispatch(patient.clinic_id, limit=1)
    first = next(message for message in patient.messages() if message.step == "invitation")
    assert (first.attempts, first.state, first.refusal) == (5, "refused", "relay_failed")
    assert "failed_message" in patient.tasks()


def test_a_lost_hand_over_is_unknown_and_never_repeated(patient: Enrolled, postbox: Postbox) -> None:
    lose(patient)
    drain_clinic(patient.clinic_id)
    assert patient.states()[0] == ("invitation", "unknown")
    assert patient.tasks() == ["unknown_handover"]
    assert postbox.messages == []


def test_resend_once_repeats_a_lost_hand_over_under_the_same_id(patient: Enrolled, postbox: Postbox) -> None:
    with clinic_session(patient.clinic_id) as session:
        session.execute(update(Clinic).values(unknown_policy="resend_once"))
        session.commit()
    lose(patient)
    drain_clinic(patient.clinic_id)
    assert postbox.message_ids() == [patient.messages()[0].message_id]
    assert patient.states()[0] == ("invitation", "sent")


def lose(patient: Enrolled) -> None:
    """Begin to send, and die before the relay is asked."""
    with clinic_session(patient.clinic_id) as session:
        (mine,) = outbox.claim(session, 10, now=app_now(session))
        assert outbox.begin_sending(session, mine, now=app_now(session))
        session.execute(update(Message).where(Message.id == mine.id).values(lease_until=func.clock_timestamp()))
        session.commit()


def test_one_click_opt_out_needs_no_cookie_and_is_idempotent(
    patient: Enrolled, postbox: Postbox, client: FlaskClient
) -> None:
    drain_clinic(patient.clinic_id)
    header = str(postbox.messages[0]["List-Unsubscribe"])
    path = header.split(">", maxsplit=1)[0].removeprefix(f"<{current_app.extensions['backstory'].public_base_url}")
    assert client.get(path).status_code == 200
    assert patient.states()[1][1] == "planned"
    for _ in range(2):
        assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert {state for _, state in patient.states()} == {"sent", "cancelled"}
    assert client.post(f"{path}x").status_code == 404


def test_planning_twice_adds_nothing(patient: Enrolled) -> None:
    before = [(m.id, m.due_at, m.message_id) for m in patient.messages()]
    with clinic_session(patient.clinic_id) as session:
        episode = session.get_one(Episode, patient.episode_id)
        protocol = protocol_store.protocol_of(protocol_store.get(session, episode.protocol_id))
        person = session.get_one(Patient, episode.patient_id)
        visit, clinic = session.get_one(Visit, patient.visit_id), session.get_one(Clinic, patient.clinic_id)
        outbox.plan(session, clinic, person, [visit], protocol, now=app_now(session))
        session.commit()
    assert [(m.id, m.due_at, m.message_id) for m in patient.messages()] == before
    assert [m.step for m in patient.messages()] == [
        "invitation",
        "reminder_1",
        "reminder_2",
        "reminder_3",
        "phone_task",
    ]


def test_the_end_of_a_window_expires_what_waits(patient: Enrolled) -> None:
    with clinic_session(patient.clinic_id) as session:
        now = app_now(session) + timedelta(days=400)
        assert close_windows(session, session.get_one(Clinic, patient.clinic_id), now=now) == 1
        session.commit()
    assert {state for _, state in patient.states()} == {"expired"}
