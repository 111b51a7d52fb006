"""The database: typed base, the extension, and the clinic every connection is bound to."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    Connection,
    DateTime,
    Engine,
    ForeignKeyConstraint,
    MetaData,
    TypeDecorator,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from uuid_utils import compat

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
LONGEST_IDLE = "30min"  # in a transaction that does nothing: it would hold up the audit's sealer, and its locks stand
UNSYNCED = {"synchronize_session": False}  # for changes of many rows that nobody holds in memory
_clinic: ContextVar[UUID | None] = ContextVar("clinic", default=None)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, always aware and always UTC; naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone: the truth is never the server's local time."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a moment needs a time zone: {value!r}")
        return value

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Give the moment in UTC whatever zone the connection speaks."""
        return value.astimezone(UTC) if value else None


class Base(DeclarativeBase):
    """Parent of every model; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: UtcDateTime(), dict[str, Any]: JSONB()}  # noqa: RUF012 - SQLAlchemy's API


db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})


def uuid7() -> UUID:
    """Return a time-ordered identifier, made here so that it can be bound into ciphertexts before the insert."""
    return compat.uuid7()


def made_at(row_id: UUID) -> datetime:
    """Return the moment in a UUIDv7: when the row was made, to the millisecond."""
    return datetime.fromtimestamp((row_id.int >> 80) / 1000, UTC)


class Tenant:
    """Columns of every table that belongs to one clinic; row-level security reads ``clinic_id``."""

    clinic_id: Mapped[UUID]
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)


def tenant_keys(**parents: str) -> tuple[UniqueConstraint | ForeignKeyConstraint, ...]:
    """Return UNIQUE (clinic_id, id) and, per ``column=table``, a foreign key that cannot cross clinics."""
    to_clinic = ForeignKeyConstraint(["clinic_id"], ["clinic.id"])
    keys = [
        ForeignKeyConstraint(["clinic_id", column], [f"{table}.clinic_id", f"{table}.id"])
        for column, table in parents.items()
    ]
    return (UniqueConstraint("clinic_id", "id"), to_clinic, *keys)


@contextmanager
def clinic_scope(clinic_id: UUID | None) -> Iterator[None]:
    """Bind connections checked out inside the block to one clinic; with None they see no tenant row."""
    token = _clinic.set(clinic_id)
    try:
        yield
    finally:
        _clinic.reset(token)


@contextmanager
def clinic_session(clinic_id: UUID) -> Iterator[Session]:
    """Open a session of its own bound to one clinic, for tasks and commands; the caller commits."""
    with clinic_scope(clinic_id), Session(db.engine, expire_on_commit=False) as session:
        yield session


@contextmanager
def autocommit() -> Iterator[Connection]:
    """Lend a connection of the bound clinic on which every statement is a transaction of its own."""
    with _autocommit(db.engine).connect() as connection:
        yield connection


@cache
def _autocommit(engine: Engine) -> Engine:
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def enter_clinic(clinic_id: UUID | None) -> None:
    """Bind the request's session to a clinic, ending what it had open under another."""
    if db.session.registry.has():
        db.session.rollback()
    _clinic.set(clinic_id)


def leave_clinic() -> None:
    """Forget the clinic at the end of a request."""
    _clinic.set(None)


def current_clinic() -> UUID | None:
    """Return the clinic that new connections are bound to."""
    return _clinic.get()


def bind_clinic_at_checkout(engine: Engine) -> None:
    """Set the clinic when a connection leaves the pool, and only where it differs from last time.

    A statement per checkout costs more than the answer it guards; a connection keeps its clinic in
    ``info`` so that the usual case costs nothing. Fails closed: without a clinic the setting is empty.
    """

    @event.listens_for(engine, "connect")
    def connect(dbapi: Any, _record: Any) -> None:
        dbapi.autocommit = True
        dbapi.execute(f"SET idle_in_transaction_session_timeout = '{LONGEST_IDLE}'")
        dbapi.autocommit = False

    @event.listens_for(engine, "checkout")
    def checkout(dbapi: Any, record: Any, _proxy: Any) -> None:
        clinic = _clinic.get()
        if "clinic" in record.info and _hung_up(dbapi):
            raise InvalidatePoolError("the server has closed this connection")
        if record.info.get("clinic", ...) == clinic:
            return
        dbapi.autocommit = True  # a rolled-back transaction would take the setting back with it
        dbapi.execute("SELECT set_config('backstory.clinic', %s, false)", (str(clinic or ""),))
        dbapi.autocommit = False
        record.info["clinic"] = clinic


def _hung_up(dbapi: Any) -> bool:
    """Whether an idle connection has something to read: the server's farewell, since nobody asked it anything."""
    if dbapi.closed:
        return True
    waiting = select.poll()
    waiting.register(dbapi.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


def app_now(session: Session) -> datetime:
    """Return the domain clock: real time plus the offset that exists only in demo and tests."""
    return session.scalars(text("SELECT app_now()").columns(now=UtcDateTime())).one()  # type: ignore[no-any-return]


def real_now(session: Session) -> datetime:
    """Return the database's real clock, for sessions, leases and throttles."""
    return session.scalars(text("SELECT clock_timestamp()").columns(now=UtcDateTime())).one()  # type: ignore[no-any-return]
