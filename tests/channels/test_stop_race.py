"""T16: STOP and a bounce at the moment of a hand-over: one of the two sees the other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from surveys import outbox
from surveys.channels.bounces import Report
from surveys.channels.returned import note_returned
from surveys.channels.stopping import stop_texts
from surveys.db import app_now, clinic_scope, clinic_session, db
from tasks.reminders import drain_clinic
from tests.channels.texted import Texted, enrol_texted
from tests.outbox.test_last_look import begin, claimed
from tests.servers.processes import wait_until
from tests.tasks.test_reminders import make_due

BLOCKED = text("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple'))")


def somebody_waits() -> bool:
    with clinic_scope(None), Session(db.engine) as session:
        return bool(session.scalar(BLOCKED))


def halt(app: Flask, session: Session, texted: Texted) -> None:
    """Stop what goes to the patient by the channel it goes: by a reply, or by a mail that comes back."""
    vault, one, now = app.extensions["vault"], texted.enrolled, app_now(session)
    first = one.messages()[0]
    if first.channel == "sms":
        assert stop_texts(session, vault, one.clinic_id, texted.number, now=now) == 1
    else:
        report = Report("failed", first.message_id, (one.address,), "5.1.1")
        assert note_returned(session, vault, report, now=now) == "suppressed"
    session.flush()


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_t16_what_is_about_to_go_waits_for_the_stop_and_is_refused(app: Flask, inside: None, channel: str) -> None:
    assert inside is None
    texted = enrol_texted(channel=channel)
    one = texted.enrolled
    if channel == "email":  # what comes back has gone before
        drain_clinic(one.clinic_id)
        make_due(one, "reminder_1")
    mine = claimed(one)
    with ThreadPoolExecutor(1) as pool, clinic_session(one.clinic_id) as session:
        halt(app, session, texted)
        going = pool.submit(begin, app, one.clinic_id, mine)
        wait_until(somebody_waits, "the hand-over waits for the stop")
        assert not going.done()
        session.commit()
        assert going.result(20) is False
    refused = next(message for message in one.messages() if message.id == mine.id)
    assert (refused.state, refused.refusal) == ("refused", "suppressed")


def test_t16_a_stop_waits_for_what_has_begun(app: Flask, texted: Texted) -> None:
    one = texted.enrolled
    mine = claimed(one)

    def stop() -> None:
        with app.app_context(), clinic_session(one.clinic_id) as session:
            halt(app, session, texted)
            session.commit()

    with ThreadPoolExecutor(1) as pool, clinic_session(one.clinic_id) as session:
        assert outbox.begin_sending(session, mine, now=app_now(session))
        stopping = pool.submit(stop)
        wait_until(somebody_waits, "the stop waits for the hand-over")
        assert not stopping.done()
        session.commit()
        stopping.result(20)
    assert one.messages()[0].state == "sending"
