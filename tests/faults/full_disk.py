"""A disk that is full for PostgreSQL: no process of its may write a file beyond one megabyte."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from local.account import unprivileged
from local.postgres import PROGRAMS, Postgres

LIMIT = 1024 * 1024  # bytes, and the size of a segment of the write-ahead log: that one must still fit
COPY = """INSERT INTO answer (clinic_id, id, response_id, item, status, level, nonce, mode, answered_at)
    SELECT clinic_id, gen_random_uuid(), response_id, item, status, level, gen_random_uuid(), mode, answered_at
    FROM (SELECT * FROM answer LIMIT 1) AS one, generate_series(1, 200)"""
LARGEST = """SELECT max(pg_relation_size(oid)) FROM pg_class
    WHERE oid = 'answer'::regclass OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'answer'::regclass)"""
SPARE = 40 * 1024


def shrink_log_segments(server: Postgres) -> None:
    """Stop the server in good order, and start it with segments of a megabyte."""
    server.stop("fast")
    command = [str(PROGRAMS / "pg_resetwal"), "--wal-segsize=1", str(server.data)]
    subprocess.run(unprivileged(command), check=True, capture_output=True)
    server.start()


def fill_up(server: Postgres) -> None:
    """Copy the one answer there is until the answers, or an index of theirs, come close to the limit."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        while (connection.execute(LARGEST).fetchone() or (LIMIT,))[0] < LIMIT - SPARE:
            connection.execute(COPY)


@contextmanager
def disk_full(server: Postgres) -> Iterator[None]:
    """Hold every process of the server, and those it will start, to files of ``LIMIT`` bytes."""
    _limit(server, str(LIMIT))
    try:
        yield
    finally:
        _limit(server, "unlimited")


def _limit(server: Postgres, size: str) -> None:
    main = int((server.data / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
    for pid in (str(main), *children):  # the first first: what it starts from now on is born with the limit
        command = unprivileged(["prlimit", f"--pid={pid}", f"--fsize={size}:unlimited"])
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0 or "No such process" in done.stderr, done.stderr
