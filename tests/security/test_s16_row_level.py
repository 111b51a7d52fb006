"""S16: a query that forgets its filter sees one clinic, in the web server, the worker and a command; none without one.

That the application refuses to start as superuser, owner or with BYPASSRLS is proved in ``tests/test_foundations.py``
and ``tests/access/test_roles.py``; that every table is bound, by the catalogue, in the former.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import requests
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from local.ports import LOOPBACK, free_port
from surveys.db import Base, clinic_session
from tasks import make_celery
from tests.security.world import World
from tests.servers import warm
from tests.servers.processes import process, wait_until
from tests.staff_browser import staff_cookie

MODULE = "tests.security.unfiltered"
TABLES = sorted(name for name, table in Base.metadata.tables.items() if "clinic_id" in table.columns)
ANSWERS = "unfiltered"  # where the task leaves what it saw
Seen = dict[str, dict[str, int]]


@pytest.fixture(scope="module")
def granian(environment: dict[str, str], database_url: str, server_folder: Path) -> Iterator[str]:
    """The application with one page more, served by a real granian."""
    settings = environment | {"DATABASE_URL": database_url, "PUBLIC_BASE_URL": f"http://localhost:{free_port()}"}
    port = settings["PUBLIC_BASE_URL"].rpartition(":")[2]
    arguments = [
        "granian",
        "--interface",
        "wsgi",
        f"{MODULE}:app",
        "--host",
        LOOPBACK,
        "--port",
        port,
        "--workers",
        "1",
    ]
    log = server_folder / "unfiltered-web.log"
    with process(arguments, settings, log) as child:
        url = settings["PUBLIC_BASE_URL"]
        wait_until(lambda: child.poll() is not None or _up(url), f"granian, see {log}", 60)
        yield url


def _up(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="module")
def worker(environment: dict[str, str], database_url: str, server_folder: Path) -> Iterator[redis.Redis]:
    """A real Celery worker with one task more; yields its broker."""
    log = server_folder / "unfiltered-worker.log"
    arguments = ["celery", "-A", f"{MODULE}:celery", "worker", "--loglevel=INFO", "--concurrency=1", "--without-mingle"]
    with process(arguments, environment | {"DATABASE_URL": database_url}, log) as child:
        wait_until(lambda: child.poll() is not None or b"ready." in log.read_bytes(), f"worker, see {log}", 60)
        with redis.Redis.from_url(environment["REDIS_URL"]) as broker:
            yield broker


def only(seen: Seen, clinic: object) -> None:
    """Every row that was seen is the clinic's, and there were rows to see."""
    assert set(seen) == set(TABLES)
    assert {name for name, by_clinic in seen.items() if set(by_clinic) - {str(clinic)}} == set()
    assert sum(bool(by_clinic) for by_clinic in seen.values()) >= 8


def nothing(seen: Seen) -> None:
    """No table showed a row."""
    assert set(seen) == set(TABLES)
    assert {name: by_clinic for name, by_clinic in seen.items() if by_clinic} == {}


def test_s16_a_web_request_sees_its_own_clinic_and_without_one_nothing(granian: str, world: World) -> None:
    for clinic in (world.a, world.b, world.a):  # one process, whose connections go from clinic to clinic
        name, value = staff_cookie(world.app, clinic, "clinician")
        only(_get(granian, {"Cookie": f"{name}={value}"}), clinic.id)
        nothing(_get(granian, {}))


def _get(url: str, headers: dict[str, str]) -> Seen:
    answer: Any = requests.get(f"{url}/unfiltered", headers=headers, timeout=30).json()
    return dict(answer)


def test_s16_a_worker_sees_the_clinic_of_its_task_and_without_one_nothing(
    environment: dict[str, str], worker: redis.Redis, world: World
) -> None:
    celery = make_celery(environment["REDIS_URL"])
    for clinic in (str(world.a.id), "", str(world.b.id), ""):
        celery.send_task("unfiltered", (clinic,))
        wait_until(lambda: bool(worker.llen(ANSWERS)), "the worker's answer", 90)
        answer: Any = worker.lpop(ANSWERS)
        only(json.loads(answer), clinic) if clinic else nothing(json.loads(answer))


@pytest.mark.parametrize("which", ["a", "none"])
def test_s16_a_command_sees_the_clinic_it_names_and_without_one_nothing(
    environment: dict[str, str], world: World, which: str
) -> None:
    clinic = str(world.a.id) if which == "a" else ""
    arguments = ["-m", "flask", "--app", f"{MODULE}:app", "unfiltered", *([clinic] if clinic else [])]
    done = warm.run(arguments, {**os.environ, **environment})
    assert done.returncode == 0, done.stderr
    seen: Seen = json.loads(done.stdout.strip().splitlines()[-1])
    only(seen, clinic) if clinic else nothing(seen)


def test_s16_a_connection_cannot_bind_itself_to_another_role(app: Flask, world: World) -> None:
    """The setting names the clinic; the role has no power to go round the policy, nor to take on one that has."""
    with app.app_context(), clinic_session(world.a.id) as session:
        for statement in ("SET ROLE backstory_owner", "SET row_security = off; SELECT * FROM patient"):
            with pytest.raises(DBAPIError):
                session.execute(text(statement)).all()
            session.rollback()
        for statement in ("ALTER TABLE patient DISABLE ROW LEVEL SECURITY", "DROP POLICY patient_clinic ON patient"):
            with pytest.raises(DBAPIError, match="must be owner"):
                session.execute(text(statement))
            session.rollback()
