"""The queue in the database: finding what is due, claiming it, and what a Celery task for each message would cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from uuid import UUID, uuid4

import psycopg
from flask import Flask
from redis import Redis

from bench.growth import FLAT, exponent
from bench.report import Goal
from local import roles
from local.postgres import Postgres
from local.redis import RedisServer
from surveys import outbox
from surveys.db import app_now, clinic_session
from tasks import make_celery
from tasks.draining import due_clinics
from tests.servers.processes import process, wait_until

FEW, MANY = 100_000, 1_000_000  # planned messages
QUICK_FEW, QUICK_MANY = 10_000, 100_000
DUE = 20_000  # of them, at one full hour
CLAIMS = {1: 200, 100: 20, 500: 6}  # in one run, by size
REPEATED = 20  # times what is too short for one measurement
TASKS = 2_000
WRITE = """INSERT INTO message (clinic_id, id, visit_id, step, issue, channel, state, planned_at, due_at, message_id,
 attempts, fence) SELECT clinic_id, uuidv7(), visit_id, 'invitation', number, 'email', %s, now(),
 date_trunc('hour', now()) + %s::int * interval '1 day' + number %% %s::int * interval '1 minute',
 '<' || number || '@bench.example>', 0, 0 FROM generate_series(%s::int, %s::int) AS number,
 (SELECT clinic_id, visit_id FROM message WHERE clinic_id = %s LIMIT 1) AS one"""
LATER = "UPDATE message SET due_at = now() + interval '1 year' WHERE clinic_id = %s AND due_at <= now()"
TURN = "UPDATE message SET state = %s, lease_until = NULL WHERE clinic_id = %s AND issue BETWEEN 2 AND %s"
TIDY = "VACUUM ANALYZE message"


@dataclass(frozen=True)
class Polls:
    """Seconds: to claim the first 500 that are due, and to ask where nothing is, with so many planned."""

    planned: int
    first: float
    empty: float


@dataclass(frozen=True)
class Queue:
    """``claims``: messages per second by the size of a claim; ``tasks``: Celery's, one for each message."""

    few: Polls
    many: Polls
    claims: Mapping[int, float]
    tasks: float

    @property
    def goals(self) -> list[Goal]:
        """Ratios and growth."""
        few, many, times = self.few, self.many, self.many.planned / self.few.planned
        one = self.claims[1]
        return [
            Goal(f"first 500 due, {many.planned:,} / {few.planned:,} planned", many.first / few.first, 1.2, more=False),
            Goal("first 500 due: growth, exponent", exponent(few.first, many.first, times), FLAT, more=False),
            Goal(f"empty poll, {many.planned:,} planned, ms", 1000 * many.empty, 1, more=False),
            Goal("empty poll: growth, exponent", exponent(few.empty, many.empty, times), FLAT, more=False),
            Goal("claims of 500 / of one", self.claims[500] / one, 15),
            Goal("claims of 100 / of one", self.claims[100] / one, 15),
            Goal("claimed in batches / a Celery task each", max(self.claims.values()) / self.tasks, 50),
        ]

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Absolute figures."""
        sizes = [(f"claims of {size}, messages/s", f"{rate:,.0f}") for size, rate in self.claims.items()]
        polls = [
            (f"{word}, {each.planned:,} planned, ms", f"{1000 * seconds:.2f}")
            for each in (self.few, self.many)
            for word, seconds in (("first 500 due", each.first), ("empty poll", each.empty))
        ]
        return [*polls, *sizes, ("a Celery task that does nothing for each, messages/s", f"{self.tasks:,.0f}")]


def queue_rates(app: Flask, server: Postgres, clinic_id: UUID, folder: Path, runs: int, *, quick: bool) -> Queue:
    """Measure at two sizes; the clinic needs a visit that has a message."""
    sizes = (QUICK_FEW, QUICK_MANY) if quick else (FEW, MANY)
    with app.app_context(), psycopg.connect(server.url("postgres", roles.DATABASE), autocommit=True) as connection:
        crowd = _Crowd(connection, clinic_id)
        few, many = (_polls(crowd, planned, runs) for planned in sizes)
        crowd.turn("planned")
        claims = _claims(crowd, runs)
    return Queue(few, many, claims, _tasks(folder, runs))


class _Crowd:
    """Messages of one clinic: ``DUE`` of them, hidden as ``held`` until they are to be due, and later ones."""

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]], clinic_id: UUID) -> None:
        self.connection, self.clinic_id, self.last = connection, clinic_id, DUE + 1
        connection.execute(LATER, (clinic_id,))
        connection.execute(WRITE, ("held", 0, 1, 2, DUE + 1, clinic_id))

    def grow(self, planned: int) -> None:
        """Let so many be planned for later days."""
        values = ("planned", 2, 500_000, self.last + 1, planned + DUE + 1, self.clinic_id)
        self.connection.execute(WRITE, values)
        self.last = planned + DUE + 1
        self.connection.execute(TIDY)

    def turn(self, state: str) -> None:
        """Let the due ones be in this state."""
        self.connection.execute(TURN, (state, self.clinic_id, DUE + 1))
        self.connection.execute(TIDY)


def _polls(crowd: _Crowd, planned: int, runs: int) -> Polls:
    crowd.turn("held")
    crowd.grow(planned)
    if due_clinics():
        raise RuntimeError("something is due in the clinic where nothing should be")
    empty = _seconds(due_clinics, runs)
    crowd.turn("planned")
    return Polls(planned, _seconds(lambda: _claim(crowd.clinic_id, 500, keep=False), runs), empty)


def _claim(clinic_id: UUID, size: int, *, times: int = 1, keep: bool = True) -> None:
    with clinic_session(clinic_id) as session:
        for _ in range(times):
            if len(outbox.claim(session, size, now=app_now(session))) < size:
                raise RuntimeError("there are too few due messages to claim")
            session.commit() if keep else session.rollback()


def _claims(crowd: _Crowd, runs: int) -> dict[int, float]:
    """Messages claimed and committed per second, by the size of a claim, the sizes in turn."""
    spent: dict[int, list[float]] = {size: [] for size in CLAIMS}
    for _ in range(runs):
        for size, times in CLAIMS.items():
            begun = time.perf_counter()
            _claim(crowd.clinic_id, size, times=times)
            spent[size].append((time.perf_counter() - begun) / (size * times))
        crowd.turn("planned")
    return {size: 1 / median(each) for size, each in spent.items()}


def _seconds(work: Callable[[], object], runs: int) -> float:
    """Median seconds of one call, after one to warm up."""
    work()
    spent = []
    for _ in range(runs * REPEATED):
        begun = time.perf_counter()
        work()
        spent.append(time.perf_counter() - begun)
    return median(spent)


def _tasks(folder: Path, runs: int) -> float:
    """Tasks per second that a worker of one process takes from Redis and acknowledges, one for each message."""
    server = RedisServer(folder / "redis", folder / "secrets")
    server.start()
    log = folder / "noop.log"
    arguments = ["celery", "-A", "bench.noop", "worker", "--loglevel=INFO", "--concurrency=1", "--without-mingle"]
    try:
        with process(arguments, {"REDIS_URL": server.url()}, log), Redis.from_url(server.url()) as client:
            wait_until(lambda: b"ready." in log.read_bytes(), f"the worker, see {log}")
            return median(_task_rate(client, server.url()) for _ in range(runs))
    finally:
        server.stop()


def _task_rate(client: Redis, url: str) -> float:
    celery = make_celery(url)
    with celery.connection_for_write() as connection:
        begun = time.perf_counter()
        for _ in range(TASKS):
            celery.send_task("noop", (str(uuid4()),), connection=connection)
        while client.llen("celery") or client.hlen("unacked"):
            time.sleep(0.01)
        return TASKS / (time.perf_counter() - begun)
