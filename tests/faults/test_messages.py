"""Messages while workers die, double, or lose Redis: each one goes once (T7, T8, T9)."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask

from local.redis import RedisServer
from surveys.db import clinic_session
from tests.servers.postbox import Postbox
from tests.servers.processes import celery_worker, process, wait_until
from tests.tasks.enrolled import Enrolled, enrol

pytestmark = pytest.mark.faults
PATIENTS = 12


@pytest.fixture(autouse=True)
def inside(app: Flask) -> Iterator[None]:
    """The application's context."""
    with app.app_context():
        yield


def beat(environment: dict[str, str], folder: Path, name: str, stack: ExitStack) -> None:
    schedule = str(folder / f"{name}-schedule")
    arguments = ["celery", "-A", "tasks", "beat", "--schedule", schedule, "--pidfile=", "--loglevel=INFO"]
    stack.enter_context(process(arguments, environment, folder / f"{name}.log"))


def all_sent(patients: list[Enrolled]) -> bool:
    return all(patient.messages()[0].state == "sent" for patient in patients)


def planned_ids(patients: list[Enrolled]) -> list[str]:
    return sorted(patient.messages()[0].message_id for patient in patients)


def test_two_workers_and_two_beats_send_each_message_once(
    environment: dict[str, str], postbox: Postbox, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        for number in (1, 2):
            stack.enter_context(celery_worker(environment, tmp_path / f"worker-{number}.log"))
        patients = [enrol() for _ in range(PATIENTS)]
        for number in (1, 2):
            beat(environment, tmp_path, f"beat-{number}", stack)
        wait_until(lambda: all_sent(patients), "every invitation", 60)
    assert sorted(i for i in postbox.message_ids() if i in planned_ids(patients)) == planned_ids(patients)


def test_with_redis_away_messages_wait_and_go_once(
    environment: dict[str, str], redis_server: RedisServer, postbox: Postbox, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        stack.enter_context(celery_worker(environment, tmp_path / "worker.log"))
        beat(environment, tmp_path, "beat", stack)
        redis_server.stop()
        try:
            patients = [enrol() for _ in range(3)]
            assert postbox.messages_to(patients[0].address) == []
        finally:
            redis_server.start()
        wait_until(lambda: all_sent(patients), "every invitation after Redis came back", 90)
    assert sorted(i for i in postbox.message_ids() if i in planned_ids(patients)) == planned_ids(patients)


def test_a_killed_worker_leaves_nothing_twice(environment: dict[str, str], postbox: Postbox, tmp_path: Path) -> None:
    patients = [enrol() for _ in range(PATIENTS)]
    with ExitStack() as stack:
        child = stack.enter_context(celery_worker(environment, tmp_path / "first.log"))
        beat(environment, tmp_path, "beat", stack)
        wait_until(lambda: bool(postbox.messages), "the first mail", 60)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        for patient in patients:
            _let_leases_run_out(patient)
        stack.enter_context(celery_worker(environment, tmp_path / "second.log"))
        wait_until(lambda: all(p.messages()[0].state in ("sent", "unknown") for p in patients), "every end", 90)
    arrived = [i for i in postbox.message_ids() if i in planned_ids(patients)]
    assert len(arrived) == len(set(arrived))
    sent = [p.messages()[0].message_id for p in patients if p.messages()[0].state == "sent"]
    assert set(sent) <= set(arrived)


def _let_leases_run_out(patient: Enrolled) -> None:
    with clinic_session(patient.clinic_id) as session:
        for message in patient.messages():
            if message.lease_until is not None:
                session.merge(message).lease_until = message.settled_at or message.lease_until.replace(year=2000)
        session.commit()
