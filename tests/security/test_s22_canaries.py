"""S22 and S25: distinctive values go through every flow, and are found in no log, queue, error page, dump or file."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from redis import Redis
from sqlalchemy import select

from local.account import unprivileged
from local.ports import free_port
from local.postgres import PROGRAMS, Postgres
from local.redis import RedisServer
from surveys.access.signin import factors
from surveys.application import create_app
from surveys.config import read_config
from surveys.db import clinic_session, db, real_now
from surveys.models import Message, Staff
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import bundled_protocols
from tests.factories import BEGINNING, make_clinic
from tests.page_forms import PageForm
from tests.security.staff_browser import StaffBrowser, session_cookie
from tests.servers.postbox import Postbox
from tests.servers.processes import celery_worker, empty_queue, process, wait_until, web_server

PERSON = {
    "chart_number": "NUMBAT-4711-X",
    "first_name": "Quokkaxenia",
    "surname": "Wombatzyx",
    "email": "quokka.zyx@marsupial.example",
    "phone": "+44 7700 900461",
}
CHANGED = {
    "chart_number": "POTOROO-4712-Y",
    "first_name": "Bilbyandra",
    "surname": "Bettongovic",
    "email": "bilby.vic@marsupial.example",
    "phone": "+44 7700 900462",
}
IMPORTED = {
    "chart_number": "DUNNART-4713-Z",
    "first_name": "Dunnartine",
    "surname": "Kowarizky",
    "email": "kowari.sky@marsupial.example",
    "phone": "+44 7700 900463",
}
FAILED = {
    "chart_number": "TAMMAR-4714-W",
    "first_name": "Tammarilla",
    "surname": "Pademelonova",
    "email": "pademelon@marsupial.example",
    "phone": "+44 7700 900464",
}
CANARIES = tuple(value for person in (PERSON, CHANGED, IMPORTED, FAILED) for value in person.values())


@dataclass
class Flows:
    """What the values went through, and what was left of them outside the database."""

    folder: Path
    database: str
    canaries: list[bytes] = field(default_factory=list)
    error_pages: list[tuple[int, str]] = field(default_factory=list)
    queued: bytes = b""

    def logs(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.glob("*.log")}


@pytest.fixture(scope="module")
def flows(
    postgres: Postgres,
    redis_server: RedisServer,
    smtp_server: Postbox,
    environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Flows]:
    """Enrolment, search, change, import, mail, bad forms and failures with web, beat and worker as in production."""
    from tests.servers import database  # noqa: PLC0415  beside the fixture that needs it

    with database.fresh_database(postgres) as name, ExitStack() as running:
        address = f"http://localhost:{free_port()}"
        database_url = environment["DATABASE_URL"].rpartition("/")[0] + f"/{name}"
        settings = {**environment, "DATABASE_URL": database_url, "PUBLIC_BASE_URL": address}
        made = Flows(tmp_path_factory.mktemp("canaries"), name)
        superuser = running.enter_context(psycopg.connect(postgres.url("postgres", name), autocommit=True))
        clinic_id, cookie, secret = _clinic(settings)
        url = running.enter_context(web_server(settings, made.folder / "web.log"))
        made.canaries = [value.encode() for value in (*CANARIES, secret)]
        smtp_server.clear()
        _desk_work(StaffBrowser(url, cookie), superuser, made)
        superuser.execute("UPDATE domain_clock SET shift = date_trunc('day', now()) + interval '36 h' - now()")
        beat = ["celery", "-A", "tests.faults.quick_beat", "beat", "--loglevel=INFO", "--pidfile="]
        beat += ["--schedule", str(made.folder / "schedule")]
        running.callback(empty_queue, redis_server.url())
        running.enter_context(process(beat, settings, made.folder / "beat.log"))
        _watch_the_queue(redis_server, made)
        running.enter_context(celery_worker(settings, made.folder / "worker.log"))
        wait_until(lambda: bool(smtp_server.messages_to(CHANGED["email"])), "the mail", 90)
        made.canaries += [_token(smtp_server).encode()]
        made.canaries += _in_other_clothes(made.canaries)
        _await_no_message(settings, clinic_id)
        yield made


def _clinic(settings: dict[str, str]) -> tuple[UUID, str, str]:
    """A clinic with the protocol, a coordinator's session, and the secret of the coordinator's second factor."""
    app = create_app(read_config(settings))
    with app.app_context():
        clinic_id = make_clinic().id
        with clinic_session(clinic_id) as session:
            source = bundled_protocols()["spine"].source
            protocol_store.load(session, clinic_id, source, "spine.toml", now=BEGINNING)
            person = session.scalars(select(Staff).where(Staff.role == "coordinator")).one()
            _factor, secret = factors.offered(session, app.extensions["vault"], person, now=real_now(session))
            session.commit()
        cookie = session_cookie(clinic_id, "coordinator")
        db.engine.dispose()
    return clinic_id, cookie, secret


def _desk_work(desk: StaffBrowser, superuser: psycopg.Connection[tuple[object, ...]], made: Flows) -> None:
    new, import_page = "/patients/new", "/patients/import"
    episode = {"arm": "treated", "pain_generator": "facet", "contact_email": "y"}

    def enrolment() -> PageForm:
        return desk.form(new, new)

    assert desk.send(enrolment(), **PERSON, **episode)[0] == 303
    status, page = desk.get(f"/patients?q={PERSON['surname']}")
    assert PERSON["email"].split("@")[0] not in page
    path = _of_the_first(page) + "/details"
    assert desk.send(desk.form(path, path), **CHANGED, reason="a new name and address")[0] == 303
    file = ",".join((*IMPORTED, "arm", "pain_generator")) + "\n" + ",".join((*IMPORTED.values(), "treated", "facet"))
    for action in (import_page, f"{import_page}/enrol"):
        form = desk.form(import_page, import_page)
        form.action = action
        status, page = desk.send(form, text=file)
        assert status in (200, 303), page
    bad = desk.send(enrolment(), **FAILED, arm="none such", pain_generator="facet")
    superuser.execute("ALTER TABLE episode RENAME TO episode_away")
    lost = desk.send(enrolment(), **FAILED, **episode)
    superuser.execute("ALTER TABLE episode_away RENAME TO episode")
    superuser.execute("ALTER TABLE patient ADD CONSTRAINT nobody CHECK (false) NOT VALID")
    refused = desk.send(enrolment(), **FAILED, **episode)
    superuser.execute("ALTER TABLE patient DROP CONSTRAINT nobody")
    assert (bad[0], lost[0], refused[0]) == (422, 500, 500)
    made.error_pages = [lost, refused, desk.get(f"/patients/{FAILED['surname']}")]


def _of_the_first(page: str) -> str:
    found = re.search(r'"(/patients/[0-9a-f-]{36})"', page)
    assert found, page
    return found[1]


def _token(postbox: Postbox) -> str:
    """The secret in the link that was mailed."""
    body = postbox.messages_to(CHANGED["email"])[0].get_body(("plain",))
    assert body is not None
    found = re.search(r"/q/([\w-]{20,})", body.get_content())
    assert found
    return found[1]


def _watch_the_queue(server: RedisServer, made: Flows) -> None:
    """Keep what waits for a worker, while there is none."""
    with Redis.from_url(server.url()) as client:

        def ticked() -> bool:
            made.queued = b"\n".join(client.lrange("celery", 0, -1))
            return b'"task": "tick"' in made.queued

        wait_until(ticked, "the tick in the queue", 60)


def _await_no_message(settings: dict[str, str], clinic_id: UUID) -> None:
    app = create_app(read_config(settings))
    with app.app_context(), clinic_session(clinic_id) as session:

        def settled() -> bool:
            session.rollback()  # or the transaction goes on seeing what it saw first
            return session.scalars(select(Message.id).where(Message.state == "sent")).first() is not None

        wait_until(settled, "a settled message")
    with app.app_context():
        db.engine.dispose()


def _in_other_clothes(canaries: list[bytes]) -> list[bytes]:
    """As hexadecimal digits, and as a form sends them."""
    hexed = [canary.hex().encode() for canary in canaries]
    return hexed + [canary.replace(b"@", b"%40").replace(b" ", b"+") for canary in canaries]


def absent(flows: Flows, where: str, content: bytes) -> None:
    found = [canary for canary in flows.canaries if canary.lower() in content.lower()]
    assert not found, (where, found, [content[max(0, content.find(each) - 300) :][:600] for each in found[:1]])


@pytest.mark.faults
def test_s22_no_process_writes_a_personal_value_into_its_log(flows: Flows, postgres: Postgres) -> None:
    logs = flows.logs() | {"postgres": postgres.log.read_bytes()}
    assert set(logs) >= {"web.log", "worker.log", "beat.log", "postgres"}
    assert b"Exception in enrolment.save" in logs["web.log"], "the failure itself is logged"
    assert b"drain" in logs["worker.log"]
    assert b"episode" in logs["postgres"], "the server names what failed"
    for name, content in logs.items():
        absent(flows, name, content)


@pytest.mark.faults
def test_s22_nothing_personal_is_in_redis_or_in_a_tasks_arguments(flows: Flows, redis_server: RedisServer) -> None:
    assert b'"task": "tick"' in flows.queued
    absent(flows, "queue", flows.queued)
    with Redis.from_url(redis_server.url()) as client:
        client.save()
        dumped = [client.dump(key) or b"" for key in client.scan_iter("*")]
    absent(flows, "keys", b"\n".join(dumped))
    files = [path for path in redis_server.home.rglob("*") if path.is_file()]
    assert {"dump.rdb", "redis.conf"} <= {path.name for path in files}
    for path in files:
        absent(flows, path.name, path.read_bytes())


@pytest.mark.faults
def test_s22_an_error_page_repeats_nothing(flows: Flows) -> None:
    assert [status for status, _page in flows.error_pages] == [500, 500, 404]
    for status, page in flows.error_pages:
        absent(flows, f"page {status}", page.encode())


@pytest.mark.faults
def test_s25_no_dump_holds_a_plain_value(flows: Flows, postgres: Postgres) -> None:
    program = str(PROGRAMS / "pg_dump")
    dump = subprocess.run(
        unprivileged([program, postgres.url("postgres", flows.database)]), capture_output=True, check=True
    ).stdout
    assert b"COPY public.patient " in dump
    assert b"patient_changed" in dump
    absent(flows, "dump", dump)


@pytest.mark.faults
def test_s25_neither_the_tables_nor_the_log_of_writes_hold_a_plain_value(flows: Flows, postgres: Postgres) -> None:
    with psycopg.connect(postgres.url("postgres", flows.database), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        oid = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
    assert oid is not None
    tables = [path for path in (postgres.data / "base" / str(oid[0])).iterdir() if path.is_file()]
    writes = [path for path in (postgres.data / "pg_wal").iterdir() if path.is_file()]
    assert len(tables) > 100
    assert any(b"patient_changed" in path.read_bytes() for path in writes), "plain words are found where they stand"
    for path in (*tables, *writes):
        absent(flows, str(path), path.read_bytes())
