"""The real product and every floor, each behind a granian of its own on a free loopback port."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from local import roles
from local.ports import LOOPBACK, free_port
from local.postgres import Postgres
from tests.servers import database, processes

WORKERS = 2
THREADS = 4  # per worker
FLOOR_TABLE = """CREATE TABLE floor_answer (id integer PRIMARY KEY, level integer NOT NULL, changes integer NOT NULL);
GRANT SELECT, UPDATE ON floor_answer TO backstory_app;
INSERT INTO floor_answer SELECT number, 0, 0 FROM generate_series(1, 100) AS number;"""


@dataclass(frozen=True)
class Server:
    """A granian: its port and process id."""

    port: int
    pid: int


@contextmanager
def folder() -> Iterator[Path]:
    """Yield a folder for data and logs, gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix="backstory-bench-"))
    try:
        yield path
    finally:
        shutil.rmtree(path)


@contextmanager
def postgres(under: Path) -> Iterator[Postgres]:
    """Yield a durable server: an answer counts once it is on the disk."""
    server = Postgres(under / "postgres", under / "secrets")
    server.start()
    try:
        yield server
    finally:
        server.stop("fast")


def postmaster(server: Postgres) -> int:
    """Return the process id that every backend descends from."""
    return int((server.data / "postmaster.pid").read_text().split("\n", 1)[0])


def prepare(server: Postgres, environ: Mapping[str, str]) -> None:
    """Migrate, add the stock peer's table, and make the settings those of this process."""
    database.migrate(server, dict(environ))
    with psycopg.connect(server.url(roles.OWNER), autocommit=True) as connection:
        connection.execute(FLOOR_TABLE)
    os.environ.pop("LAN", None)
    os.environ.update(environ)


@contextmanager
def served(program: str, environ: Mapping[str, str], log: Path, workers: int = WORKERS) -> Iterator[Server]:
    """Yield the WSGI program, served as in production."""
    port = free_port()
    arguments = [
        *("granian", "--interface", "wsgi", program, "--host", LOOPBACK, "--port", str(port)),
        *("--workers", str(workers), "--blocking-threads", str(THREADS), "--no-ws"),
    ]
    with processes.process(arguments, environ, log) as child:
        processes.wait_until(lambda: child.poll() is not None or _listens(port), f"granian, see {log}")
        if child.poll() is not None:
            raise RuntimeError(f"{program} ended:\n{log.read_text()}")
        yield Server(port, child.pid)


@contextmanager
def all_served(programs: Mapping[str, str], environ: Mapping[str, str], under: Path) -> Iterator[dict[str, Server]]:
    """Yield a server by name for each program."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(served(program, environ, under / f"{name}.log"))
            for name, program in programs.items()
        }


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0
