"""A worker stopped beyond its lease in the middle of a hand-over, then let go on (T14): no duplicate."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, update

from surveys.db import clinic_session
from surveys.models import Clinic, Message
from tasks.reminders import drain_clinic
from tests.servers.bad_relay import BadRelay, bad_relay
from tests.servers.processes import process, wait_until
from tests.tasks.enrolled import Enrolled, enrol

pytestmark = pytest.mark.faults
DEADLINE = 1.0  # seconds, in short_worker


@pytest.fixture(autouse=True)
def inside(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The application's context; a test may point it at another relay."""
    monkeypatch.setitem(app.extensions, "backstory", app.extensions["backstory"])
    with app.app_context():
        yield


@pytest.mark.parametrize(("policy", "state", "taken"), [("resend_once", "sent", 1), ("never_resend", "unknown", 0)])
def test_a_worker_stopped_beyond_its_lease_sends_nothing_when_it_goes_on(
    app: Flask, environment: dict[str, str], tmp_path: Path, policy: str, state: str, taken: int
) -> None:
    patient = enrol()
    with clinic_session(patient.clinic_id) as session:
        session.execute(update(Clinic).values(unknown_policy=policy))
        session.commit()
    with bad_relay({}) as relay:
        app.extensions["backstory"] = replace(app.extensions["backstory"], smtp_url=relay.url)
        reached, go_on = hold_first_recipient(relay)
        arguments = ["tests.faults.short_worker", str(patient.clinic_id)]
        with process(arguments, {**environment, "SMTP_URL": relay.url}, tmp_path / "worker.log") as child:
            wait_until(reached.is_set, "the recipient's name at the relay")
            os.kill(child.pid, signal.SIGSTOP)
            go_on.set()
            let_lease_run_out(patient)
            drain_clinic(patient.clinic_id)
            time.sleep(DEADLINE)
            os.kill(child.pid, signal.SIGCONT)
            assert child.wait(60) == 0
        assert len(relay.taken) == taken
    assert patient.states()[0] == ("invitation", state)


def hold_first_recipient(relay: BadRelay) -> tuple[threading.Event, threading.Event]:
    """Keep the first RCPT unanswered; return (it is there, answer it)."""
    reached, go_on = threading.Event(), threading.Event()

    def before(verb: str) -> None:
        if verb == "RCPT" and not reached.is_set():
            reached.set()
            go_on.wait(60)

    relay.before = before
    return reached, go_on


def let_lease_run_out(patient: Enrolled) -> None:
    with clinic_session(patient.clinic_id) as session:
        sending = update(Message).where(Message.state == "sending")
        session.execute(sending.values(lease_until=func.clock_timestamp()))
        session.commit()
