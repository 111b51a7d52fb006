"""The database: reachable, new enough, a harmless role, its schema, its clock."""

from __future__ import annotations

from collections.abc import Iterator

from flask import current_app
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from surveys import schema
from surveys.access.roles import UnsafeRoleError, refuse_powerful_role
from surveys.config import Config
from surveys.db import clinic_scope, db
from tasks.clock import APART, apart
from tasks.doctor.finding import Finding, bad, graded, ok, warn

OLDEST_SERVER = 15
SKEW = (2.0, 30.0)  # seconds
NEAR = ("localhost", "127.0.0.1", "::1", "", None)
ENCRYPTED = ("require", "verify-ca", "verify-full")


def check_database() -> Iterator[Finding]:
    """Look at everything that one connection tells."""
    try:
        with clinic_scope(None), db.engine.connect() as connection:
            yield from _server(connection)
            yield _role(connection)
            yield _schema(connection)
            yield _clock(connection)
            yield from _domain_clock(connection)
    except OperationalError as error:
        reason = type(error.orig).__name__
        yield bad("database", f"does not answer ({reason})", "Start PostgreSQL, or correct DATABASE_URL.")
    yield from _line()


def is_up() -> bool:
    """Return whether the database answers; what needs it is left out of the report otherwise."""
    try:
        with clinic_scope(None), db.engine.connect():
            return True
    except OperationalError:
        return False


def _server(connection: Connection) -> Iterator[Finding]:
    major = int(connection.scalar(text("SHOW server_version_num")) or 0) // 10_000
    if major < OLDEST_SERVER:
        yield bad("database", f"is PostgreSQL {major}", f"Upgrade to PostgreSQL {OLDEST_SERVER} or newer.")
    else:
        yield ok("database", f"PostgreSQL {major} answers")


def _role(connection: Connection) -> Finding:
    try:
        refuse_powerful_role(connection)
    except UnsafeRoleError as error:
        return bad("role", str(error), "Correct DATABASE_URL.")
    return ok("role", "is bound by row-level security")


def _schema(connection: Connection) -> Finding:
    head = schema.newest()
    known = connection.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL"))
    now = connection.scalar(text("SELECT version_num FROM alembic_version")) if known else None
    if now == head:
        return ok("schema", f"is at {head}")
    return bad("schema", f"is at {now or 'nothing'}, this version needs {head}", "Run: flask --app wsgi db upgrade")


def _clock(connection: Connection) -> Finding:
    skew = abs(apart(connection))
    words = f"this host and the database are {skew:.1f} s apart"
    held = ": no message is handed over" if skew > APART else ""
    remedy = "Let chrony or systemd-timesyncd set the clocks of this host and of the database's."
    return graded("clock", words + held, skew, SKEW, remedy)


def _domain_clock(connection: Connection) -> Iterator[Finding]:
    """The clock that messages go by is the real one, but for the time machine of demo and tests."""
    known = connection.scalar(text("SELECT to_regclass('domain_clock') IS NOT NULL"))
    shift = connection.scalar(text("SELECT shift FROM domain_clock")) if known else None
    if not shift:
        return
    config: Config = current_app.extensions["backstory"]
    strict = bad if config.environment == "production" else warn
    days = shift.total_seconds() / 86_400
    words = f"messages go by a clock that is {abs(days):.1f} days {'ahead' if days > 0 else 'behind'}"
    yield strict("domain clock", words, "Outside a demo: UPDATE domain_clock SET shift = '0', as the owner role.")


def _line() -> Iterator[Finding]:
    settings: Config = current_app.extensions["backstory"]
    address = make_url(settings.database_url)
    if address.host not in NEAR and address.query.get("sslmode") not in ENCRYPTED:
        words = "connects over the network without insisting on TLS"
        yield warn(
            "database line", words, "Add ?sslmode=verify-full to DATABASE_URL, unless the network is yours alone."
        )
