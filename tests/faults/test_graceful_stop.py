"""A request to stop, in the middle of real work: what is in hand is finished, and the rest is left to others."""

from __future__ import annotations

import http.client
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from flask import Flask, current_app
from sqlalchemy import select

from local import roles
from local.ports import LOOPBACK, free_port, is_busy
from local.postgres import Postgres
from surveys.access.chain.audit import SYSTEM
from surveys.db import app_now, clinic_session
from surveys.models import Clinic, Message, ProtocolVersion
from surveys.pathway.episodes import EpisodeDetails, open_episode
from surveys.people.patients import PatientDetails, add_patient
from tasks import make_celery
from tests.faults.sink import Sink, listening
from tests.patients import invite
from tests.servers.processes import celery_worker, wait_until, web_process
from tests.tasks.enrolled import Enrolled, enrol

pytestmark = pytest.mark.faults
PATIENTS = 5
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def locker(postgres: Postgres) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A superuser's connection, to hold a row that a request wants."""
    with psycopg.connect(postgres.url("postgres", roles.DATABASE)) as connection:
        yield connection


def ask(port: int, method: str, path: str, form: dict[str, str], cookie: str = "") -> tuple[int, str, str]:
    """Ask once; return status, body and the cookie that was set."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=60)
    try:
        connection.request(method, path, urlencode(form), {"Cookie": cookie, **FORM})
        reply = connection.getresponse()
        return reply.status, reply.read().decode(), (reply.getheader("Set-Cookie") or "").partition(";")[0]
    finally:
        connection.close()


def answer_form(port: int, cookie: str, level: int) -> dict[str, str]:
    """Open the first ODI item, and return the form filled in."""
    found = re.search(r'name="token" value="([^"]+)"', ask(port, "GET", "/s/odi/1", {}, cookie)[1])
    assert found
    return {"token": found[1], "answer": str(level), "action": "save"}


def test_a_web_server_finishes_the_answer_in_flight(
    app: Flask, environment: dict[str, str], locker: psycopg.Connection[tuple[object, ...]], tmp_path: Path
) -> None:
    invited, port = invite(app), free_port()
    settings = {**environment, "PUBLIC_BASE_URL": f"http://localhost:{port}"}
    with web_process(settings, tmp_path / "web.log", workers=1) as web:
        cookie = ask(port, "POST", f"/q/{invited.token}", {"respondent": "self", "consent": "1"})[2]
        assert ask(port, "POST", "/s/odi/1", answer_form(port, cookie, 1), cookie)[0] == 303
        form, answered = answer_form(port, cookie, 2), list[int]()
        locker.execute("SELECT 1 FROM response WHERE visit_id = %s FOR UPDATE", (invited.visit_id,))
        posting = threading.Thread(target=lambda: answered.append(ask(port, "POST", "/s/odi/1", form, cookie)[0]))
        posting.start()
        wait_until(lambda: waiting(locker) > 0, "the answer that waits for its row")
        web.send_signal(signal.SIGTERM)
        wait_until(lambda: not is_busy(port, LOOPBACK), "the closed door")
        assert web.poll() is None, "it went without its answer"
        locker.rollback()
        posting.join(30)
        assert answered == [303]
        assert web.wait(30) == 0


def waiting(connection: psycopg.Connection[tuple[object, ...]]) -> int:
    row = connection.execute(WAITING).fetchone()
    return int(str(row[0])) if row else 0


def test_a_worker_finishes_the_message_in_hand_and_gives_back_the_rest(
    app: Flask, environment: dict[str, str], tmp_path: Path
) -> None:
    with app.app_context(), listening(Sink(offers=())) as relay:
        patient = enrol()
        for number in range(1, PATIENTS):
            one_more(patient, number)
        stop = relay.pause("RCPT")
        with celery_worker({**environment, "SMTP_URL": relay.url}, tmp_path / "worker.log") as worker:
            make_celery(environment["REDIS_URL"]).send_task("drain", (str(patient.clinic_id),))
            wait_until(stop.reached.is_set, "the first recipient at the relay")
            worker.send_signal(signal.SIGTERM)
            wait_until(lambda: b"Warm shutdown" in (tmp_path / "worker.log").read_bytes(), "the worker's word")
            stop.go_on.set()
            assert worker.wait(60) == 0
        assert sorted(invitations(patient)) == ["planned"] * (PATIENTS - 1) + ["sent"]
        assert len(relay.taken) == 1


def one_more(patient: Enrolled, number: int) -> None:
    """Another patient of the same clinic, whose invitation is due as well."""
    with clinic_session(patient.clinic_id) as session:
        now, clinic = app_now(session), session.get_one(Clinic, patient.clinic_id)
        details = PatientDetails(f"C-1-{number}", "Ana", "Ruiz", email=f"{number}-{patient.address}")
        allowed = frozenset({"contact_email"})
        person = add_patient(session, current_app.extensions["vault"], clinic, details, allowed, actor=SYSTEM, now=now)
        version = session.scalars(select(ProtocolVersion)).one()
        story = EpisodeDetails(arm="treated", pain_generator="facet", enrolled_on=now.date())
        open_episode(session, clinic, person, version, story, actor=SYSTEM, now=now)
        session.commit()


def invitations(patient: Enrolled) -> list[str]:
    with clinic_session(patient.clinic_id) as session:
        return list(session.scalars(select(Message.state).where(Message.step == "invitation")))
