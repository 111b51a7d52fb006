"""A mail relay that refuses, puts off, is away, or hangs up at each verb (T13), and what becomes of the message."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask, current_app
from sqlalchemy import update

from local.ports import LOOPBACK, free_port
from surveys import outbox
from surveys.db import app_now, clinic_session
from surveys.models import Clinic, Message
from tasks.reminders import dispatch, drain_clinic
from tests.servers.bad_relay import HANG_UP, VERBS, bad_relay
from tests.servers.postbox import Postbox
from tests.tasks.enrolled import Enrolled, enrol_beside

LATER, NEVER = "451 4.3.0 later", "554 5.0.0 never"
BEFORE_THE_TEXT = ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA")


@pytest.fixture(autouse=True)
def own_relay(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test point the application at another relay, and put it back."""
    monkeypatch.setitem(app.extensions, "backstory", app.extensions["backstory"])


def send_to(url: str, patient: Enrolled) -> Message:
    """Dispatch once to this relay; return the invitation."""
    app = current_app
    app.extensions["backstory"] = replace(app.extensions["backstory"], smtp_url=url)
    dispatch(patient.clinic_id, limit=1)
    return invitation(patient)


def invitation(patient: Enrolled) -> Message:
    return next(message for message in patient.messages() if message.step == "invitation")


@pytest.mark.parametrize("verb", VERBS)
def test_later_at_any_verb_is_tried_again(patient: Enrolled, verb: str) -> None:
    with bad_relay({verb: LATER}) as relay:
        message = send_to(relay.url, patient)
    assert (message.state, message.attempts) == ("planned", 1)
    assert message.lease_until is None


@pytest.mark.parametrize(
    ("verb", "state", "refusal"),
    [
        ("CONNECT", "planned", None),
        ("EHLO", "planned", None),
        ("MAIL", "planned", None),
        ("RCPT", "refused", "relay_rejected"),
        ("DATA", "refused", "relay_rejected"),
        (".", "refused", "relay_rejected"),
    ],
)
def test_never_ends_a_message_only_where_it_is_about_the_message(
    patient: Enrolled, verb: str, state: str, refusal: str | None
) -> None:
    with bad_relay({verb: NEVER}) as relay:
        message = send_to(relay.url, patient)
    assert (message.state, message.refusal) == (state, refusal)


@pytest.mark.parametrize("verb", BEFORE_THE_TEXT)
def test_a_line_cut_before_the_text_is_tried_again_and_nothing_was_taken(patient: Enrolled, verb: str) -> None:
    with bad_relay({verb: HANG_UP}) as relay:
        message = send_to(relay.url, patient)
        assert relay.taken == []
    assert (message.state, message.attempts) == ("planned", 1)


def test_a_refused_connection_costs_one_try_and_leaves_the_other_messages_alone(patient: Enrolled) -> None:
    for number in (1, 2):
        enrol_beside(patient, number)
    app = current_app
    app.extensions["backstory"] = replace(app.extensions["backstory"], smtp_url=f"smtp://{LOOPBACK}:{free_port()}")
    assert dispatch(patient.clinic_id) == 0
    assert {message.state for message in patient.messages()} == {"planned"}
    assert [message.attempts for message in patient.messages() if message.step == "invitation"] == [0, 0, 1]


def test_what_was_begun_and_not_handed_over_waits_as_before(patient: Enrolled) -> None:
    enrol_beside(patient, 1)
    due = [(message.id, message.due_at) for message in patient.messages()]
    with clinic_session(patient.clinic_id) as session:
        now = app_now(session)
        begun = outbox.begin_batch(session, outbox.claim(session, 10, now=now), now=now)
        outbox.give_back(session, [sendable.claim for sendable in begun.sendables])
        session.commit()
    assert len(begun.sendables) == 2
    assert [(message.id, message.due_at) for message in patient.messages()] == due
    assert {(message.state, message.attempts) for message in patient.messages()} == {("planned", 0)}


def test_a_hang_up_after_the_final_dot_is_unknown_and_not_repeated(patient: Enrolled, postbox: Postbox) -> None:
    with bad_relay({".": HANG_UP}) as relay:
        assert send_to(relay.url, patient).state == "unknown"
        assert len(relay.taken) == 1
    send_to(postbox.url, patient)
    assert postbox.messages == []
    assert patient.tasks() == ["unknown_handover"]


def test_resend_once_repeats_it_one_time_under_the_same_id(patient: Enrolled, postbox: Postbox) -> None:
    with clinic_session(patient.clinic_id) as session:
        session.execute(update(Clinic).values(unknown_policy="resend_once"))
        session.commit()
    with bad_relay({".": HANG_UP}) as relay:
        for _ in range(4):
            message = send_to(relay.url, patient)
        texts = relay.taken
    assert (message.state, len(texts)) == ("unknown", 2)
    assert all(f"Message-ID: {message.message_id}" in text for text in texts)
    drain_clinic(patient.clinic_id)
    assert postbox.messages == []
