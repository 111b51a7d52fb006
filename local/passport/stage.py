"""A server of the product on an empty database of its own, whose day is always the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

from local import roles
from local.database_only import database_only
from local.ports import LOOPBACK
from local.postgres import Postgres
from local.settings import ROOT
from local.trouble import LocalError

DAY = "2026-06-15 10:00:00+00"  # of the domain clock: dates on the screens are the same in every run
START_SECONDS = 60


@contextmanager
def served() -> Iterator[str]:
    """Yield the address of the product; its settings are those of this process."""
    folder = Path(tempfile.mkdtemp(prefix="backstory-passport-"))
    server = Postgres(folder / "postgres", folder / "secrets", durable=False)
    try:
        server.start()
        environ = {**database_only(server), "LAN": ""}
        os.environ.update(environ)
        _prepare(server)
        with _web(environ, folder / "web.log"):
            yield environ["PUBLIC_BASE_URL"]
    finally:
        server.stop("immediate")
        shutil.rmtree(folder)


def _prepare(server: Postgres) -> None:
    """Migrate, and set the domain clock."""
    owner = {"DATABASE_OWNER_URL": server.alchemy_url(roles.OWNER)}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **owner}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LocalError(f"The database could not be made:\n{done.stdout}{done.stderr}")
    with psycopg.connect(server.url(roles.OWNER), autocommit=True) as connection:
        connection.execute("UPDATE domain_clock SET shift = %s::timestamptz - clock_timestamp()", (DAY,))


@contextmanager
def _web(environ: Mapping[str, str], log: Path) -> Iterator[None]:
    url = environ["PUBLIC_BASE_URL"]
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "wsgi:app", "--host", LOOPBACK),
        *("--port", url.rpartition(":")[2], "--workers", "1", "--blocking-threads", "4", "--no-ws"),
    ]
    with log.open("ab") as output:
        child = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env=dict(os.environ))
    try:
        _wait(child, url, log)
        yield
    finally:
        child.terminate()
        child.wait()


def _wait(child: subprocess.Popen[bytes], url: str, log: Path) -> None:
    limit = time.monotonic() + START_SECONDS
    while not _answers(f"{url}/healthz"):
        if child.poll() is not None or time.monotonic() > limit:
            raise LocalError(f"The web server did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310  our own loopback address
            return True
    except (urllib.error.URLError, OSError):
        return False
