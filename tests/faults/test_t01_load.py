"""Answers while web workers, the whole web server and the database are killed: none lost, none twice (T1)."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.application import create_app
from surveys.config import read_config
from surveys.db import db
from surveys.models import Answer, Response
from tests.factories import make_clinic
from tests.faults.conftest import Durable
from tests.faults.patient_over_http import Answered, StubbornPatient
from tests.faults.web import Web
from tests.patients import Invited, invite, seen_by

pytestmark = pytest.mark.faults
FULL = os.environ.get("FAULTS_FULL") == "1"
ANSWERS = 12_000 if FULL else 360
PATIENTS = 8
CRASHES = 4 if FULL else 1  # of the database
BETWEEN = (80, 240) if FULL else (60, 120)  # answers from one killed worker to the next
SEED = 20_261_121


@dataclass
class Blows:
    """What is to be hurt, and at how many answers: counted in answers, so that a slow machine recovers in between."""

    web: Web
    durable: Durable
    chance: Random
    crashed: int = 0

    def plan(self) -> list[tuple[int, Callable[[], object]]]:
        """Return the blows that do not repeat: one to all of the web, some to the database."""
        places = [ANSWERS * (number + 1) // (CRASHES + 2) for number in range(CRASHES + 1)]
        blows = [self.web.kill_all, *[self.crash] * CRASHES]
        self.chance.shuffle(blows)
        return list(zip(places, blows, strict=True))

    def crash(self) -> None:
        """Stop the database at once, stay away a moment, and let it recover."""
        self.durable.crash()
        self.crashed += 1
        time.sleep(self.chance.random())  # the outage itself: some requests meet no server at all
        self.durable.start()

    def deal(self, patients: list[StubbornPatient], done: threading.Event) -> None:
        """Kill a worker every so many answers, and deal the planned blows, until everything is answered."""
        planned, following = self.plan(), 20
        while not done.wait(0.02):
            self.web.keep_up()
            answered = sum(len(patient.acknowledged) for patient in patients)
            if planned and answered >= planned[0][0]:
                planned.pop(0)[1]()
            elif answered >= following and self.web.kill_a_worker():
                following = answered + self.chance.randint(*BETWEEN)
        assert not planned, "the answers were over before the blows"


def stored(session: Session, invited: Invited) -> list[Answered]:
    wanted = select(Answer.item, Answer.level, Answer.nonce).join(Response, Response.id == Answer.response_id)
    rows = session.execute(wanted.where(Response.visit_id == invited.visit_id).order_by(Answer.id))
    return [(item, level, nonce) for item, level, nonce in rows]


def suffer(blows: Blows, patients: list[StubbornPatient]) -> None:
    """Let all patients answer at once while the blows fall."""
    done = threading.Event()
    with ThreadPoolExecutor(len(patients) + 1) as pool:
        hurting = pool.submit(blows.deal, patients, done)
        answering: list[Future[None]] = [pool.submit(one.answer, ANSWERS // PATIENTS) for one in patients]
        for each in as_completed([hurting, *answering]):
            if each.exception() or all(one.done() for one in answering):
                done.set()
        for each in (hurting, *answering):
            each.result()


def found(app: Flask, everybody: list[Invited]) -> list[list[Answered]]:
    """Return what the database holds, patient by patient."""
    with app.app_context():
        db.engine.dispose()  # its connections fell with the server
    rows = []
    for invited in everybody:
        with seen_by(app, invited.clinic_id) as session:
            rows.append(stored(session, invited))
    with app.app_context():
        db.engine.dispose()
    return rows


def report(blows: Blows, patients: list[StubbornPatient], rows: list[list[Answered]]) -> str:
    numbers = {
        "sent": sum(one.sent for one in patients),
        "acknowledged": sum(len(one.acknowledged) for one in patients),
        "sent again": sum(one.resent for one in patients),
        "503 with the answer kept": sum(one.refused for one in patients),
        "found": sum(map(len, rows)),
        "counted twice": sum(times - 1 for times in Counter(row[2] for each in rows for row in each).values()),
        "workers killed": blows.web.killed,
        "web servers restarted": blows.web.restarted,
        "database crashes": blows.crashed,
    }
    return ", ".join(f"{name} {number:,}" for name, number in numbers.items())


def test_t01_every_acknowledged_answer_is_stored_once_whatever_is_killed(
    durable: Durable,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    app, chance = create_app(read_config(durable.settings)), Random(SEED)  # noqa: S311 - to be repeatable
    with app.app_context():
        clinic_id = make_clinic().id
    everybody = [invite(app, clinic_id=clinic_id) for _ in range(PATIENTS)]
    port, key = urlsplit(durable.settings["PUBLIC_BASE_URL"]).port or 0, durable.settings["SECRET_KEY"]
    patients = [StubbornPatient(port, one.token, key, Random(chance.random())) for one in everybody]  # noqa: S311
    with ExitStack() as stack:
        blows = Blows(Web(durable.settings, tmp_path / "web.log", stack, chance), durable, chance)
        for patient in patients:
            patient.start()
        suffer(blows, patients)
    rows = found(app, everybody)
    counts = report(blows, patients, rows)
    record_property("counts", counts)
    with capsys.disabled():
        sys.stdout.write(f"\nT1: {counts}\n")
    assert [one.acknowledged for one in patients] == rows
    assert blows.web.killed >= ANSWERS // BETWEEN[1] // 2
    assert sum(one.resent for one in patients) > 0
