"""The doctor: a real command against real servers, in good health and in bad."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from local import roles
from local.ports import free_port
from local.postgres import Postgres
from surveys.db import clinic_scope, db, real_now
from surveys.operations import note_operation
from tasks.reminders import drain_clinic
from tests.operations.stage import application_on, empty_database, run_flask
from tests.servers import database
from tests.servers.processes import celery_worker
from tests.tasks.enrolled import enrol


@pytest.fixture(scope="module")
def served(
    postgres: Postgres, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """A service with a patient, a worker, a fresh tick and a fresh backup; the doctor changes nothing in it."""
    with database.fresh_database(postgres) as name:
        settings = {**environment, "DATABASE_URL": postgres.alchemy_url(roles.APP, name)}
        with application_on(settings):
            drain_clinic(enrol().clinic_id)
            _note_operations()
        with celery_worker(settings, tmp_path_factory.mktemp("served") / "worker.log"):
            yield settings


def _note_operations() -> None:
    with clinic_scope(None), Session(db.engine) as session:
        for kind in ("tick", "backup", "drill"):
            note_operation(session, kind, {}, now=real_now(session))
        session.commit()


def findings(environ: dict[str, str]) -> tuple[int, dict[str, dict[str, str]]]:
    done = run_flask(environ, "doctor", "--json")
    assert done.returncode in (0, 1, 2), done.stderr
    return done.returncode, {line["name"]: line for line in json.loads(done.stdout)}


def test_in_good_health_nothing_is_bad_and_everything_is_looked_at(served: dict[str, str]) -> None:
    status, lines = findings(served)
    wanted = {"database", "role", "schema", "clock", "redis", "worker", "tick", "queue", "relay", "disk", "keys"}
    wanted |= {"audit", "audit seal"}
    assert wanted | {"backup", "drill", "wording", "address", "secrets"} <= set(lines)
    assert [line for line in lines.values() if line["level"] == "bad"] == []
    assert status == 1, "the tests' address is http and its wording is working wording"
    for name in ("database", "role", "schema", "redis", "worker", "tick", "queue", "relay", "keys", "backup", "audit"):
        assert lines[name]["level"] == "ok", lines[name]


def test_every_line_that_is_not_well_says_what_mends_it(served: dict[str, str]) -> None:
    ill = {
        **served,
        "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        "SMTP_URL": f"smtp://127.0.0.1:{free_port()}",
        "MASTER_KEY": secrets.token_hex(32),
    }
    status, lines = findings(ill)
    assert status == 2
    assert {name for name, line in lines.items() if line["level"] == "bad"} == {"relay", "keys"}
    assert lines["redis"]["level"] == "warn"
    assert all(line["remedy"] for line in lines.values() if line["level"] != "ok")


def test_without_a_database_the_rest_is_still_looked_at(environment: dict[str, str]) -> None:
    away = {**environment, "DATABASE_URL": f"postgresql+psycopg://backstory_app:x@127.0.0.1:{free_port()}/backstory"}
    status, lines = findings(away)
    assert status == 2
    assert lines["database"]["level"] == "bad"
    assert "redis" in lines
    assert "queue" not in lines


def test_an_old_schema_names_its_command(postgres: Postgres, environment: dict[str, str]) -> None:
    with empty_database(postgres, "bare") as name:
        _status, lines = findings({**environment, "DATABASE_URL": postgres.alchemy_url(roles.APP, name)})
    assert lines["schema"]["level"] == "bad"
    assert "db upgrade" in lines["schema"]["remedy"]


def test_no_secret_is_printed(served: dict[str, str]) -> None:
    done = run_flask(served, "doctor")
    said = done.stdout + done.stderr
    for name in ("SECRET_KEY", "MASTER_KEY", "DATABASE_URL", "REDIS_URL"):
        assert served[name] not in said
