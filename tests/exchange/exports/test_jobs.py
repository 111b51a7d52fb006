"""Jobs: taken once, taken up again where a worker died, cancelled, expired; never a half file."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from surveys.access.chain.audit import SYSTEM
from surveys.commands.jobs import run_next
from surveys.db import clinic_session, real_now
from surveys.exchange import jobs
from surveys.exchange.exports.order import Order
from surveys.exchange.jobs import LostError, Taken
from surveys.models import Job, JobPart
from tasks.jobs import clinics_with_jobs, expire_files, run_apart
from tests.exchange.exports.world import ask, fill, job_of, parts_of, read
from tests.factories import MadeClinic, make_clinic
from tests.servers.processes import process, wait_until

ORDER = Order("protocol=trial")


@pytest.fixture
def clinic(app: Flask) -> MadeClinic:
    with app.app_context():
        made = make_clinic()
    fill(app, made, answers=False)
    return made


def take(clinic: MadeClinic, **how: timedelta) -> Taken | None:
    with clinic_session(clinic.id) as session:
        taken = jobs.take(session, clinic.id, now=real_now(session), **how)
        session.commit()
        return taken


def let_go(clinic: MadeClinic, job_id: UUID) -> None:
    """As though the lease had run out."""
    with clinic_session(clinic.id) as session:
        session.execute(
            update(Job).where(Job.id == job_id).values(lease_until=real_now(session) - timedelta(seconds=1))
        )
        session.commit()


def test_a_job_is_taken_once_and_by_its_clinic_alone(app: Flask, clinic: MadeClinic) -> None:
    job_id = ask(app, clinic, ORDER)
    with app.app_context():
        assert clinic.id in clinics_with_jobs()
        taken = take(clinic)
        assert taken is not None
        assert taken.id == job_id
        assert take(clinic) is None
        assert clinic.id not in clinics_with_jobs()


def test_what_a_dead_worker_left_is_begun_anew_and_the_dead_can_write_no_more(app: Flask, clinic: MadeClinic) -> None:
    job_id = ask(app, clinic, ORDER)
    with app.app_context():
        first = take(clinic)
        assert first is not None
        with clinic_session(clinic.id) as session:
            jobs.add_part(session, app.extensions["vault"], first, 0, b"half a file")
            session.commit()
        let_go(clinic, job_id)
        assert clinic.id in clinics_with_jobs()
        assert run_next(clinic.id)
        with clinic_session(clinic.id) as session, pytest.raises(LostError):
            jobs.add_part(session, app.extensions["vault"], first, 1, b"late")
        with clinic_session(clinic.id) as session, pytest.raises(LostError):
            jobs.finish(session, first, {}, now=real_now(session))
    made = read(app, clinic, job_id)
    assert made.job.fence == 2
    assert made.archive.testzip() is None


def test_a_worker_that_is_killed_in_the_middle_leaves_the_job_to_the_next(
    app: Flask, clinic: MadeClinic, environment: dict[str, str], tmp_path: Path
) -> None:
    job_id = ask(app, clinic, ORDER)
    log = tmp_path / "worker.log"
    with process(["tests.exchange.exports.slow_worker", str(clinic.id)], environment, log) as worker:
        wait_until(lambda: bool(parts_of(app, clinic, job_id)), f"a part of the file, see {log}")
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    assert job_of(app, clinic, job_id).state == "running"
    with app.app_context():
        wait_until(lambda: clinic.id in clinics_with_jobs(), "the end of the lease")
        assert run_next(clinic.id)
    made = read(app, clinic, job_id)
    assert made.archive.testzip() is None
    assert made.job.fence == 2


def test_a_job_that_kills_its_workers_has_failed_after_three(app: Flask, clinic: MadeClinic) -> None:
    job_id = ask(app, clinic, ORDER)
    with app.app_context():
        for _time in range(3):
            assert take(clinic) is not None
            let_go(clinic, job_id)
        assert take(clinic) is None
    job = job_of(app, clinic, job_id)
    assert (job.state, job.result) == ("failed", {"problem": "died"})


def test_a_cancelled_job_stops_its_worker_and_leaves_no_part(app: Flask, clinic: MadeClinic) -> None:
    job_id = ask(app, clinic, ORDER)
    with app.app_context():
        taken = take(clinic)
        assert taken is not None
        with clinic_session(clinic.id) as session:
            jobs.add_part(session, app.extensions["vault"], taken, 0, b"half a file")
            assert jobs.cancel(session, job_id, actor=SYSTEM, now=real_now(session))
            session.commit()
        with clinic_session(clinic.id) as session, pytest.raises(LostError):
            jobs.renew(session, taken, 500, now=real_now(session))
        assert not run_next(clinic.id)
    assert parts_of(app, clinic, job_id) == []


def test_what_breaks_is_told_of_and_keeps_nothing_back(app: Flask, clinic: MadeClinic) -> None:
    broken, good = ask(app, clinic, Order("no such language")), ask(app, clinic, ORDER)
    with app.app_context():
        assert run_next(clinic.id)
        assert run_next(clinic.id)
    assert (job_of(app, clinic, broken).state, job_of(app, clinic, good).state) == ("failed", "done")


def test_a_file_is_deleted_a_day_after_it_was_made(app: Flask, clinic: MadeClinic) -> None:
    job_id = ask(app, clinic, ORDER)
    with app.app_context():
        run_next(clinic.id)
        expire_files()
        assert parts_of(app, clinic, job_id)
        with clinic_session(clinic.id) as session:
            job = session.get_one(Job, job_id)
            assert job.expires_at is not None
            assert timedelta(hours=23) < job.expires_at - real_now(session) <= timedelta(hours=24)
            job.expires_at = real_now(session)
            session.commit()
        expire_files()
    assert job_of(app, clinic, job_id).state == "expired"
    assert parts_of(app, clinic, job_id) == []


def test_no_more_than_five_wait_at_once(app: Flask, clinic: MadeClinic) -> None:
    for _number in range(jobs.MOST_OPEN):
        ask(app, clinic, ORDER)
    with pytest.raises(jobs.BusyError):
        ask(app, clinic, ORDER)


def test_the_worker_makes_a_file_in_a_process_of_its_own(app: Flask, clinic: MadeClinic) -> None:
    job_id = ask(app, clinic, ORDER)
    with app.app_context():
        run_apart(clinic.id)
    assert read(app, clinic, job_id).archive.testzip() is None


def test_a_worker_that_is_to_stop_gives_the_job_back(app: Flask, clinic: MadeClinic) -> None:
    for kind in ("csv", "parquet"):
        job_id = ask(app, clinic, Order("protocol=trial", format=kind))
        with app.app_context():
            assert run_next(clinic.id, stop=lambda: True)
            job = job_of(app, clinic, job_id)
            assert (job.state, job.fence) == ("waiting", 0), kind
            assert run_next(clinic.id)
        assert read(app, clinic, job_id).archive.testzip() is None


def test_what_is_kept_of_a_file_is_sealed(app: Flask, clinic: MadeClinic) -> None:
    job_id = ask(app, clinic, ORDER)
    with app.app_context():
        assert run_next(clinic.id)
        with clinic_session(clinic.id) as session:
            kept = b"".join(session.scalars(select(JobPart.content).where(JobPart.job_id == job_id)))
    (content,) = parts_of(app, clinic, job_id)
    assert b"manifest.json" in content
    assert b"manifest.json" not in kept


def test_a_kind_that_nobody_makes_fails_by_its_name(app: Flask, clinic: MadeClinic) -> None:
    with app.app_context(), clinic_session(clinic.id) as session:
        job_id = jobs.ask(session, clinic.id, "import", {}, actor=SYSTEM, now=real_now(session)).id
        session.commit()
        assert run_next(clinic.id)
    assert job_of(app, clinic, job_id).result == {"problem": "UnknownKindError"}
