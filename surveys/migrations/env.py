"""Alembic: runs as the owner role, on the owner's URL, never as the application; safe while the service runs."""

import os
import time

import psycopg
from alembic import context
from flask import current_app
from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, create_engine, event, pool
from sqlalchemy.exc import OperationalError

from surveys import models
from surveys.db import Base
from surveys.secret_files import with_files

_ = (models, current_app)
LOCK_TIMEOUT = "2s"  # who waits for a lock makes everybody behind it wait, so nobody waits longer than this
TRIES = 30
PAUSE = 1.0  # seconds, in which those who were kept waiting go on


def owner_url() -> str:
    url = with_files(os.environ).get("DATABASE_OWNER_URL", "")
    if not url:
        raise SystemExit("DATABASE_OWNER_URL is not set: migrations run as the owner role. `make run` sets it itself.")
    return url


def run() -> None:
    """Run each migration in a transaction of its own; one that met a lock is tried again from where it stands."""
    engine = create_engine(owner_url(), poolclass=pool.NullPool)
    event.listen(engine, "connect", lambda dbapi, _record: impatient(dbapi))
    for left in reversed(range(TRIES)):
        try:
            with engine.connect() as connection:
                migrate(connection)
            return
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable) or not left:
                raise
            time.sleep(PAUSE)


def impatient(dbapi: psycopg.Connection) -> None:
    dbapi.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    dbapi.commit()


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
