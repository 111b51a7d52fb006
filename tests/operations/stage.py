"""A database of its own with clinics in it, backed up and restored by the real commands."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from flask import Flask

from local import roles
from local.postgres import Postgres
from surveys.application import create_app
from surveys.config import read_config
from surveys.db import db
from tests.servers import warm


def run_flask(environ: Mapping[str, str], *arguments: str, seconds: float = 180) -> subprocess.CompletedProcess[str]:
    """Run one command of the application as an operator does."""
    return warm.run(["-m", "flask", "--app", "wsgi", *arguments], {**os.environ, **environ}, seconds=seconds)


@contextmanager
def application_on(environ: Mapping[str, str]) -> Iterator[Flask]:
    """Yield the application on the settings' database, inside its context."""
    app = create_app(read_config(environ))
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


@contextmanager
def empty_database(server: Postgres, name: str) -> Iterator[str]:
    """Yield the name of an empty database, dropped afterwards."""
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
        roles.create_database(connection, name)
        try:
            yield name
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def backup_url(server: Postgres, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the setting that names the database of ``environ`` for the backup role."""
    database = environ["DATABASE_URL"].rpartition("/")[2]
    return {"BACKUP_DATABASE_URL": server.alchemy_url(roles.BACKUP, database)}


def newest_backup(folder: Path) -> Path:
    """Return the backup written last."""
    return sorted(folder.glob("backstory-*"))[-1]


def count(server: Postgres, database: str, table: str, where: str = "true") -> int:
    """Count rows of every clinic."""
    with psycopg.connect(server.url("postgres", database)) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table} WHERE {where}".encode()).fetchone()  # noqa: S608
        assert row
        return int(str(row[0]))
