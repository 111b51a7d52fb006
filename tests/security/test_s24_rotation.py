"""S24: keys are rotated while serving, after an interruption too, and the old key may then go."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import LargeBinary, select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM
from surveys.access.keys import personal
from surveys.access.keys.rotation import count_keys, rotate
from surveys.access.keys.sealed import INDEX_ONLY, SEALED
from surveys.application import create_app
from surveys.config import read_config
from surveys.db import Base, app_now, clinic_session, db, uuid7
from surveys.models import AuditEvent, Clinic, Patient, Suppression
from surveys.people.patients import (
    DuplicateChartError,
    PatientDetails,
    add_patient,
    contact,
    find_by_chart,
    find_by_surname,
)
from tests.factories import make_clinic
from tests.operations.stage import run_flask
from tests.security.staff_browser import StaffBrowser, session_cookie
from tests.servers.processes import ROOT, wait_until, web_server

OLD, NEW = "00112233445566778899aabbccddeeff" * 2, "ffeeddccbbaa99887766554433221100" * 2
ONE, BOTH, AFTER = (
    {"MASTER_KEY": OLD, "MASTER_KEYS": ""},
    {"MASTER_KEY": "", "MASTER_KEYS": f"2:{NEW},1:{OLD}"},
    {"MASTER_KEY": "", "MASTER_KEYS": f"2:{NEW}"},
)
PATIENTS = 240  # of each clinic: several batches
# columns of bytes that hold no personal value
DIGESTS = {"account_digest", "address_digest", "chain_hash", "code_digest", "public_key", "token_digest"}
# Sealed, and gone after a day: a rotation passes it over, and a file that opens no more is asked for again.
OF_A_DAY = {("job_part", "content")}


def test_s24_every_column_of_bytes_is_sealed_and_listed_or_a_digest() -> None:
    listed = {(each.table, name) for each in SEALED for name in (each.column, each.index) if name} | set(INDEX_ONLY)
    found = {
        (table.name, column.name)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary) or column.name.endswith(("_enc", "_index", "sealed", "wrapped"))
        if column.name not in DIGESTS
    }
    assert found == listed | OF_A_DAY


@contextmanager
def application(environ: Mapping[str, str]) -> Iterator[Flask]:
    """The application under the settings, inside its context, its connections closed afterwards."""
    app = create_app(read_config(environ))
    with app.app_context():
        yield app
        db.engine.dispose()


def details(number: int) -> PatientDetails:
    return PatientDetails(f"R-{number}", f"First{number}", f"Sur{number}", f"p{number}@example.org", "+44 20 7946 0000")


def enrol(app: Flask, session: Session, clinic_id: UUID, number: int) -> UUID:
    clinic, vault = session.get_one(Clinic, clinic_id), app.extensions["vault"]
    now = app_now(session)
    return add_patient(session, vault, clinic, details(number), frozenset(), actor=SYSTEM, now=now).id


@dataclass
class Editor:
    """Somebody who opens patients and changes their telephone; ``acknowledged``: the last number that was saved."""

    browser: StaffBrowser
    patients: list[UUID]
    stop: Event = field(default_factory=Event)
    acknowledged: dict[UUID, str] = field(default_factory=dict)

    def work(self) -> int:
        chance, edits = random.Random(4), 0  # noqa: S311 - not for secrets
        while not self.stop.is_set():
            patient, edits = chance.choice(self.patients), edits + 1
            path, phone = f"/patients/{patient}/details", f"+44 30 {edits:08d}"
            form = self.browser.form(path, path)
            status, body = self.browser.send(form, phone=phone)
            assert status == 303, body[:2000]
            self.acknowledged[patient] = phone
        return edits


def flask(environ: Mapping[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
        cwd=ROOT,
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def interrupt(child: subprocess.Popen[str], batches: int) -> None:
    """Kill the rotation once it has told of so many batches."""
    assert child.stdout is not None
    for _ in range(batches):
        line = child.stdout.readline()
        assert line.startswith("Clinic"), line
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert child.returncode == -signal.SIGKILL


@pytest.mark.faults
def test_s24_a_rotation_killed_while_people_work_goes_on_and_the_old_key_may_go(
    own_database: dict[str, str], tmp_path: Path
) -> None:
    one, both, after = (own_database | keys for keys in (ONE, BOTH, AFTER))
    patients: dict[UUID, list[UUID]] = {}
    with application(one) as app:
        for clinic_id in (make_clinic().id, make_clinic().id):
            with clinic_session(clinic_id) as session:
                patients[clinic_id] = [enrol(app, session, clinic_id, number) for number in range(PATIENTS)]
                session.commit()
        first = next(iter(patients))
        cookie = session_cookie(first, "coordinator")
    with web_server(both, tmp_path / "web.log") as url, ThreadPoolExecutor() as pool:
        editor = Editor(StaffBrowser(url, cookie), patients[first])
        work = pool.submit(editor.work)
        try:
            wait_until(lambda: len(editor.acknowledged) > 3 or work.done(), "the first edits")
            interrupt(flask(both, "keys", "rotate"), 3)
            assert run_flask(both, "keys", "check").returncode == 1
            before = len(editor.acknowledged)
            assert run_flask(both, "keys", "rotate").returncode == 0
            wait_until(lambda: len(editor.acknowledged) > before or work.done(), "an edit after the rotation")
            checked = run_flask(both, "keys", "check")
        finally:
            editor.stop.set()
        assert work.result(60) > before
    words = checked.stdout + checked.stderr
    assert (checked.returncode, "Remove key 1 from MASTER_KEYS" in words) == (0, True), words
    with application(after) as app:
        for clinic_id, theirs in patients.items():
            with clinic_session(clinic_id) as session:
                check_clinic(app, session, theirs, editor.acknowledged)


def check_clinic(app: Flask, session: Session, patients: list[UUID], phones: Mapping[UUID, str]) -> None:
    """Without the old key everything opens, is found, and is what was last saved."""
    vault = app.extensions["vault"]
    assert {key for _table, _column, key in count_keys(session)} == {2}
    for number, patient_id in enumerate(patients):
        known = contact(vault, session.get_one(Patient, patient_id))
        expected = details(number)
        assert (known.chart_number, known.surname, known.email) == (
            expected.chart_number,
            expected.surname,
            expected.email,
        )
        assert known.phone == phones.get(patient_id, expected.phone)
    found = find_by_chart(session, vault, "r-7")
    assert found is not None
    assert found.id == patients[7]
    assert [patient.id for patient in find_by_surname(session, vault, "sur8")] == [patients[8]]
    for event in session.scalars(select(AuditEvent).where(AuditEvent.action == "patient_changed")):
        assert event.new is not None
        assert personal.opened(session, vault, event.subject_id, "phone", event.new["phone"]) is not None


def test_s24_while_two_keys_are_in_the_ring_a_number_is_given_once(own_database: dict[str, str]) -> None:
    one, both = own_database | ONE, own_database | BOTH
    with application(one) as app:
        clinic_id = make_clinic().id
        with clinic_session(clinic_id) as session:
            known = enrol(app, session, clinic_id, 1)
            session.commit()
    with application(both) as app, clinic_session(clinic_id) as session:
        with pytest.raises(DuplicateChartError) as refused:
            enrol(app, session, clinic_id, 1)
        assert refused.value.patient.id == known
        assert [patient.id for patient in find_by_surname(session, app.extensions["vault"], "SUR1")] == [known]


def test_s24_a_bounced_address_stays_suppressed_through_a_rotation(own_database: dict[str, str]) -> None:
    one, both, after = (own_database | keys for keys in (ONE, BOTH, AFTER))
    with application(one) as app:
        clinic_id = make_clinic().id
        with clinic_session(clinic_id) as session:
            bounced, other = (enrol(app, session, clinic_id, number) for number in (1, 2))
            for address in ("p1@example.org", "nobody@example.org"):
                index = app.extensions["vault"].index(address, "email")
                row = {"id": uuid7(), "email_index": index, "reason": "bounced", "at": app_now(session)}
                session.add(Suppression(clinic_id=clinic_id, **row))
            session.commit()
    with application(both) as app, clinic_session(clinic_id) as session:
        for _progress in rotate(session, app.extensions["vault"]):
            suppressed = select(Patient.id).join(Suppression, Suppression.email_index == Patient.email_index)
            assert session.scalars(suppressed).all() == [bounced]
            session.commit()
    with application(after) as app, clinic_session(clinic_id) as session:
        assert session.scalars(select(Suppression.email_index)).all() == [
            app.extensions["vault"].index("p1@example.org", "email")
        ]
        assert session.get_one(Patient, other).email_index is not None


def test_s24_a_row_under_an_unknown_key_is_named_and_left_alone(own_database: dict[str, str]) -> None:
    with application(own_database | ONE) as app:
        clinic_id = make_clinic().id
        with clinic_session(clinic_id) as session:
            enrol(app, session, clinic_id, 1)
            session.commit()
    with application(own_database | AFTER) as app:
        outcome = app.test_cli_runner().invoke(args=["keys", "rotate"])
        assert outcome.exit_code == 2
        assert "do not open under the keys at hand and stay as they are: patient: 1, patient_key: 1" in outcome.output
        assert (
            "key 1: 1   this key is not in MASTER_KEYS" in app.test_cli_runner().invoke(args=["keys", "status"]).output
        )
        assert app.test_cli_runner().invoke(args=["keys", "check"]).exit_code == 2
    with application(own_database | ONE) as app:
        outcome = app.test_cli_runner().invoke(args=["keys", "check"])
        assert (outcome.exit_code, outcome.output) == (0, "Every value is under key 1, the only one at hand.\n")
