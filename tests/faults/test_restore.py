"""T10: an older backup restored beside a real worker and SMTP server: nothing goes by itself, nothing twice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from local import roles
from local.postgres import Postgres
from surveys.db import clinic_session
from surveys.models import Message
from tasks.reminders import drain_clinic
from tests.factories import MadeClinic
from tests.operations.stage import application_on, backup_url, empty_database, newest_backup, run_flask
from tests.servers.postbox import Postbox
from tests.servers.processes import celery_worker, empty_queue, process, wait_until
from tests.staff_browser import SITE, signed_in
from tests.tasks.enrolled import Enrolled, enrol

pytestmark = pytest.mark.faults


def test_t10_after_a_restore_nothing_goes_by_itself_and_nothing_twice(
    postgres: Postgres, own_database: dict[str, str], postbox: Postbox, tmp_path: Path
) -> None:
    settings = {**own_database, **backup_url(postgres, own_database)}
    with application_on(settings):
        before, after = enrol(), enrol()
        drain_clinic(before.clinic_id)
        assert run_flask(settings, "backup", str(tmp_path / "kept")).returncode == 0
        drain_clinic(after.clinic_id)  # its invitation goes after the backup was taken
    assert len(postbox.messages_to(before.address)) == len(postbox.messages_to(after.address)) == 1
    gone = postbox.message_ids()
    with empty_database(postgres, "older") as name, ExitStack() as stack:
        restored = {**settings, **_addresses(postgres, name)}
        done = run_flask(restored, "restore", str(newest_backup(tmp_path / "kept")))
        assert done.returncode == 0, done.stdout + done.stderr
        app = stack.enter_context(application_on(restored))
        fresh = enrol()  # made after the restore: its message is due and free
        _serve(restored, tmp_path, stack)
        wait_until(lambda: len(postbox.messages_to(fresh.address)) == 1, "the message that was not held", 90)
        assert sorted(postbox.message_ids()) == sorted([*gone, fresh.messages()[0].message_id])
        assert {state for _step, state in after.states()} == {"held"}
        assert _sent_again_by_hand(app, after) == 303
        wait_until(lambda: len(postbox.messages_to(after.address)) == 2, "the one a person released", 90)
    arrived = [str(mail["Message-ID"]) for mail in postbox.messages_to(after.address)]
    assert len(set(arrived)) == 1, "a person's release carries the same Message-ID"
    assert len(postbox.messages_to(before.address)) == 1


def _addresses(postgres: Postgres, name: str) -> dict[str, str]:
    return {
        "DATABASE_URL": postgres.alchemy_url(roles.APP, name),
        "DATABASE_OWNER_URL": postgres.alchemy_url(roles.OWNER, name),
    }


def _serve(environ: Mapping[str, str], folder: Path, stack: ExitStack) -> None:
    stack.callback(empty_queue, environ["REDIS_URL"])
    stack.enter_context(celery_worker(environ, folder / "worker.log"))
    schedule = ["--schedule", str(folder / "beat"), "--pidfile="]
    beat = ["celery", "-A", "tests.faults.quick_beat", "beat", *schedule]  # more chances to send what must not go
    stack.enter_context(process(beat, environ, folder / "beat.log"))


def _sent_again_by_hand(app: Flask, patient: Enrolled) -> int:
    """Release the patient's held invitation at the clinic; returns the status of the reply."""
    with clinic_session(patient.clinic_id) as session:
        message = session.scalars(select(Message.id).where(Message.step == "invitation")).one()
    clinic = MadeClinic(patient.clinic_id, {"coordinator": f"coordinator-{patient.clinic_id.hex[-12:]}"})
    browser = signed_in(app, clinic, "coordinator")
    page = browser.get("/held", base_url=SITE).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    assert f"/held/{message}" in page
    form = {"act": "release", "csrf_token": token[1]}
    return browser.post(f"/held/{message}", data=form, base_url=SITE).status_code
