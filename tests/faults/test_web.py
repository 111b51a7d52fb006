"""Answers while web workers, the whole web server and the database are killed: none lost, none twice (T1)."""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from local import roles
from local.ports import free_port
from local.postgres import Postgres
from surveys.application import create_app
from surveys.config import read_config
from surveys.db import db
from surveys.models import Answer, Response
from tests.factories import make_clinic
from tests.faults.patient_over_http import StubbornPatient
from tests.patients import Invited, invite, seen_by
from tests.servers import database, processes

pytestmark = pytest.mark.faults
FULL = os.environ.get("FAULTS_FULL") == "1"
ANSWERS = 10_000 if FULL else 240
PATIENTS = 4
BETWEEN = (40, 120)  # answers from one killed worker to the next
SEED = 20_261_121


@pytest.fixture
def durable(environment: dict[str, str]) -> Iterator[tuple[Postgres, dict[str, str]]]:
    """A PostgreSQL of its own that keeps what it acknowledged, and the settings for it."""
    folder = Path(tempfile.mkdtemp(prefix="backstory-test-"))
    server = Postgres(folder / "postgres", folder / "secrets")
    server.start()
    try:
        address = {"PUBLIC_BASE_URL": f"http://localhost:{free_port()}"}
        settings = {**environment, **address, "DATABASE_URL": server.alchemy_url(roles.APP)}
        database.migrate(server, settings)
        yield server, settings
    finally:
        server.stop("immediate")
        shutil.rmtree(folder)


class Web:
    """A granian that can be hurt: one of its workers, or all of it at once."""

    def __init__(self, settings: Mapping[str, str], log: Path, stack: ExitStack) -> None:
        self.settings, self.log, self.stack = settings, log, stack
        self.chance, self.killed = random.Random(SEED), 0  # noqa: S311 - to be repeatable
        self.start()

    def start(self) -> None:
        self.main = self.stack.enter_context(processes.web_process(self.settings, self.log))

    def kill_a_worker(self) -> None:
        children = Path(f"/proc/{self.main.pid}/task/{self.main.pid}/children").read_text().split()
        workers = [pid for pid in children if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()]
        if workers:
            os.kill(
                int(workers[0]), signal.SIGKILL
            )  # the oldest: granian gives up on one that dies right after it came
            self.killed += 1

    def keep_up(self) -> None:
        """Start it again where it ended, as a supervisor does."""
        if self.main.poll() is not None:
            self.start()

    def kill_all(self) -> None:
        os.killpg(self.main.pid, signal.SIGKILL)
        self.main.wait()
        self.keep_up()


def crash(server: Postgres) -> None:
    server.stop("immediate")
    server.start()


def hurt(web: Web, server: Postgres, patients: list[StubbornPatient], done: threading.Event) -> None:
    """Kill a worker every few answers; all of the web at a third of them, the database at two thirds.

    Counted in answers, not seconds: on a slow machine the workers must come back between two blows.
    """
    blows = [(ANSWERS // 3, web.kill_all), (2 * ANSWERS // 3, lambda: crash(server))]
    following = 20
    while not done.wait(0.02):
        web.keep_up()
        answered = sum(len(patient.acknowledged) for patient in patients)
        if blows and answered >= blows[0][0]:
            blows.pop(0)[1]()
        elif answered >= following:
            following = answered + web.chance.randint(*BETWEEN)
            with suppress(FileNotFoundError, ProcessLookupError):  # it ended in the meantime
                web.kill_a_worker()
    assert not blows, "the answers were over before the blows"


def stored(session: Session, invited: Invited) -> list[tuple[str, int | None]]:
    wanted = select(Answer.item, Answer.level).join(Response, Response.id == Answer.response_id)
    rows = session.execute(wanted.where(Response.visit_id == invited.visit_id).order_by(Answer.id))
    return [(item, level) for item, level in rows]


def test_every_acknowledged_answer_is_stored_once_whatever_is_killed(
    durable: tuple[Postgres, dict[str, str]], tmp_path: Path
) -> None:
    server, settings = durable
    app = create_app(read_config(settings))
    with app.app_context():
        clinic_id = make_clinic().id
    everybody = [invite(app, clinic_id=clinic_id) for _ in range(PATIENTS)]
    port = urlsplit(settings["PUBLIC_BASE_URL"]).port or 0
    patients = [StubbornPatient(port, invited.token) for invited in everybody]
    done = threading.Event()
    with ExitStack() as stack, ThreadPoolExecutor(PATIENTS + 1) as pool:
        web = Web(settings, tmp_path / "web.log", stack)
        for patient in patients:
            patient.start()
        hurting = pool.submit(hurt, web, server, patients, done)
        answering = [pool.submit(patient.answer, ANSWERS // PATIENTS) for patient in patients]
        for each in as_completed([hurting, *answering]):
            if each.exception() or all(one.done() for one in answering):
                done.set()
        for each in (hurting, *answering):
            each.result()
    with app.app_context():
        db.engine.dispose()  # its connections fell with the server
    for patient, invited in zip(patients, everybody, strict=True):
        with seen_by(app, invited.clinic_id) as session:
            assert stored(session, invited) == patient.acknowledged
    with app.app_context():
        db.engine.dispose()
    assert web.killed >= 2
    assert sum(patient.resent for patient in patients) > 0
