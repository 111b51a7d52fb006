"""One migrated PostgreSQL per test process, and fresh databases copied from it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg.sql import SQL, Identifier

from local import roles
from local.postgres import Postgres
from tests.servers import warm

TEMPLATE = "migrated"


@contextmanager
def running(folder: Path) -> Iterator[Postgres]:
    """Yield an empty server under the folder, gone afterwards; it forgets at a crash of the host only."""
    server = Postgres(folder / "postgres", folder / "secrets", durable=False)
    server.start()
    try:
        yield server
    finally:
        server.stop("immediate")


def migrate(server: Postgres, environ: dict[str, str], database: str = roles.DATABASE) -> None:
    """Run the real migrations as the owner role."""
    urls = {
        "DATABASE_OWNER_URL": server.alchemy_url(roles.OWNER, database),
        "DATABASE_URL": server.alchemy_url(roles.APP, database),
    }
    done = warm.run(["-m", "flask", "--app", "wsgi", "db", "upgrade"], {**os.environ, **environ, **urls})
    if done.returncode:
        raise RuntimeError(f"flask db upgrade failed:\n{done.stdout}{done.stderr}")


def keep_template(server: Postgres) -> None:
    """Copy the migrated, still empty database, for ``fresh_database``."""
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
        roles.create_database(connection, TEMPLATE, roles.DATABASE)


@contextmanager
def fresh_database(server: Postgres, template: str = TEMPLATE) -> Iterator[str]:
    """Yield the name of a copy of ``template``, to which nobody may be connected; dropped afterwards."""
    name = f"copy_{uuid4().hex}"
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
        roles.create_database(connection, name, template)
        try:
            yield name
        finally:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
