"""A superuser's lock on what a worker is about to touch: it waits there, at a step the mail relay does not see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.faults.service import Service
from tests.servers.processes import wait_until

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@contextmanager
def held(service: Service, statement: str) -> Iterator[None]:
    """Keep what the statement locks until the block ends."""
    with psycopg.connect(service.url) as connection:
        connection.execute(statement)
        yield
        connection.rollback()


def is_waited_for(service: Service) -> bool:
    """Whether a process waits for a lock."""
    with psycopg.connect(service.url, autocommit=True) as connection:
        row = connection.execute(WAITING).fetchone()
        return row is not None and int(row[0]) > 0


def wait_for_it(service: Service) -> None:
    """Return once somebody waits for a lock."""
    wait_until(lambda: is_waited_for(service), "somebody who waits for the lock", 30)
