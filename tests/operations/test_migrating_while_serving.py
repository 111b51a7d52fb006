"""The newest revision, which validates keys and checks, while a real granian takes answers: none is lost.

The version before would serve on older schemas; this one needs the columns of 0011.
"""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import select

from local import roles
from local.ports import LOOPBACK, free_port
from local.postgres import Postgres
from surveys.models import Answer
from tests.operations.stage import application_on, empty_database, run_flask
from tests.patients import Invited, invite, seen_by
from tests.servers.processes import wait_until, web_process

pytestmark = pytest.mark.faults
SERVED = "0011"
PACE = 0.02  # seconds between answers: however long the migration takes, some are left for after it
MOST = 10_000
LONGER = 3.0  # seconds
FEW = 5
OLD = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def old_database(postgres: Postgres) -> Iterator[str]:
    """An empty database for an older schema."""
    with empty_database(postgres, "older_schema") as name:
        yield name


def copy_rows(source: Connection, target: Connection) -> None:
    """Put the source's rows into a target of an older schema, column by column; keys are not asked meanwhile."""
    columns: dict[str, list[str]] = {}
    for table, column in target.execute(OLD.encode()):
        columns.setdefault(table, []).append(column)
    target.execute("SET session_replication_role = replica")
    for table in set(columns) - {"alembic_version", "sitting", "domain_clock"}:
        names = SQL(", ").join(map(Identifier, columns[table]))
        read = SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(names, Identifier(table))
        write = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), names)
        with source.cursor().copy(read) as rows, target.cursor().copy(write) as into:
            for row in rows:
                into.write(bytes(row))
    target.commit()


class Patient:
    """Answers one item again and again over HTTP, and remembers what was acknowledged."""

    def __init__(self, port: int, cookie: str) -> None:
        self.port, self.cookie = port, cookie
        self.acknowledged: list[int] = []
        self.refused: list[int] = []

    def answer_until(self, done: threading.Event) -> None:
        while not done.wait(PACE) and len(self.acknowledged) < MOST:
            level = len(self.acknowledged) % 6
            page = self.ask("GET", "/s/odi/1", {})[1]
            token = re.search(r'name="token" value="([^"]+)"', page)
            assert token, page[:300]
            status, _body = self.ask("POST", "/s/odi/1", {"token": token[1], "answer": str(level), "action": "save"})
            (self.acknowledged.append(level) if status == 303 else self.refused.append(status))

    def ask(self, method: str, path: str, form: dict[str, str]) -> tuple[int, str]:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=30)
        try:
            connection.request(method, path, urlencode(form), {"Cookie": self.cookie, **FORM})
            reply = connection.getresponse()
            if cookie := reply.getheader("Set-Cookie"):
                self.cookie = cookie.partition(";")[0]
            return reply.status, reply.read().decode()
        finally:
            connection.close()


def started(settings: dict[str, str]) -> tuple[Invited, str]:
    """Enrol a patient who has opened the questionnaire; return the visit and the browser's cookie."""
    with application_on(settings) as app:
        invited = invite(app)
        form = {"respondent": "self", "consent": "1"}
        reply = app.test_client().post(f"/q/{invited.token}", data=form, base_url=settings["PUBLIC_BASE_URL"])
    assert reply.status_code == 303
    return invited, reply.headers["Set-Cookie"].partition(";")[0]


def let_go(hinders: Connection, patient: Patient) -> None:
    """End the lock once answers have been acknowledged beside the migration that waits for it."""
    wait_until(lambda: len(patient.acknowledged) >= FEW, "answers beside the migration")
    hinders.rollback()


def test_migrating_while_patients_answer_loses_nothing(
    postgres: Postgres, own_database: dict[str, str], old_database: str, tmp_path: Path
) -> None:
    port = free_port()
    new = {**own_database, "PUBLIC_BASE_URL": f"http://localhost:{port}"}
    invited, cookie = started(new)
    old = {
        **new,
        "DATABASE_URL": postgres.alchemy_url(roles.APP, old_database),
        "DATABASE_OWNER_URL": postgres.alchemy_url(roles.OWNER, old_database),
    }
    assert run_flask(old, "db", "upgrade", SERVED).returncode == 0
    with (
        psycopg.connect(postgres.url("postgres", new["DATABASE_URL"].rpartition("/")[2])) as source,
        psycopg.connect(postgres.url("postgres", old_database)) as target,
    ):
        copy_rows(source, target)
    with (
        web_process(old, tmp_path / "web.log", workers=1),
        psycopg.connect(postgres.url("postgres", old_database)) as hinders,
    ):
        hinders.execute("LOCK TABLE staff_task IN SHARE MODE")  # for longer than a migration waits at once
        patient, done = Patient(port, cookie), threading.Event()
        threading.Timer(LONGER, let_go, (hinders, patient)).start()
        answering = threading.Thread(target=patient.answer_until, args=(done,))
        answering.start()
        try:
            migrated = run_flask(old, "db", "upgrade")
            meanwhile = len(patient.acknowledged)
            wait_until(lambda: len(patient.acknowledged) > meanwhile + FEW, "answers after the migration")
        finally:
            done.set()
            answering.join(60)
    assert migrated.returncode == 0, migrated.stderr
    assert patient.refused == []
    assert meanwhile >= FEW
    with application_on(old) as app, seen_by(app, invited.clinic_id) as session:
        assert list(session.scalars(select(Answer.level).order_by(Answer.id))) == patient.acknowledged
