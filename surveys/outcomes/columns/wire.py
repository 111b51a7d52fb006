"""Rows of fixed width by binary COPY, straight into arrays: a million of them without an object for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import islice
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Double, Integer, Select, SmallInteger, Uuid
from sqlalchemy.orm import Session

from surveys.db import UtcDateTime

HEADER, TRAILER = 19, 2  # bytes of the format around the rows
BLOCK = 65_536  # rows in memory as bytes at a time
FIRST_DAY, FIRST_MOMENT = date(2000, 1, 1), datetime(2000, 1, 1, tzinfo=UTC)  # what the server counts from
NEVER = np.iinfo(np.int64).max  # the moment "infinity"
Rows = NDArray[np.void]
KINDS = (  # a subtype before its parent
    (SmallInteger, "i2"),
    (BigInteger, "i8"),
    (Integer, "i4"),
    (Double, "f8"),
    (Boolean, "?"),
    (Uuid, "V16"),
    (Date, "i4"),
    (DateTime, "i8"),
    (UtcDateTime, "i8"),
)


def day_number(day: date) -> int:
    """A day as columns hold it."""
    return (day - FIRST_DAY).days


def moment_number(moment: datetime) -> int:
    """A moment as columns hold it: microseconds."""
    since = moment - FIRST_MOMENT
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def blocks(session: Session, statement: Select[Any]) -> Iterator[Rows]:
    """Yield the statement's rows as structured arrays; none of its columns may be NULL or of varying width."""
    wire, native = _layouts(statement)
    compiled = statement.compile(session.connection(), compile_kwargs={"render_postcompile": True})
    driver: Any = session.connection().connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY ({compiled}) TO STDOUT (FORMAT BINARY)", compiled.params) as copy,
    ):
        data = iter(copy)
        rest = bytes(next(data))[HEADER:]
        while parts := list(islice(data, BLOCK)):
            content = rest + b"".join(map(bytes, parts))
            size = len(content) // wire.itemsize * wire.itemsize
            yield _plain(np.frombuffer(content[:size], wire), native)
            rest = content[size:]
        if len(rest) > TRAILER:
            yield _plain(np.frombuffer(rest[:-TRAILER], wire), native)


def read(session: Session, statement: Select[Any], only: Sequence[UUID] | None) -> Iterator[Rows]:
    """Yield the rows of everybody, or of ``only`` some episodes that the statement has a place for."""
    return blocks(session, statement) if only is None else _few(session, statement, only)


def _few(session: Session, statement: Select[Any], only: Sequence[UUID]) -> Iterator[Rows]:
    """Yield a handful of rows in the same way: a statement that comes again and again is planned once, a COPY never."""
    rows = [tuple(map(_number, row)) for row in session.execute(statement, {"these": only})]
    yield np.array(rows, dtype=_layouts(statement)[1])


def _number(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment_number(value)
    if isinstance(value, date):
        return day_number(value)
    return value.bytes if isinstance(value, UUID) else value


def fetch(session: Session, statement: Select[Any], only: Sequence[UUID] | None) -> Rows:
    """All the statement's rows in one array."""
    found = list(read(session, statement, only))
    return np.concatenate(found) if found else np.empty(0, _layouts(statement)[1])


@lru_cache(maxsize=64)
def _layouts(statement: Select[Any]) -> tuple[np.dtype[Any], np.dtype[Any]]:
    """How a row comes, each value behind its length, and how it is kept."""
    kinds = [(str(column.key), _kind(column.type)) for column in statement.selected_columns]
    wire: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind in kinds:
        wire += [(f"{name} length", ">i4"), (name, kind if kind in ("?", "V16") else f">{kind}")]
    return np.dtype(wire), np.dtype(kinds)


def _kind(type_: Any) -> str:
    return next(kind for known, kind in KINDS if isinstance(type_, known))


def _plain(rows: Rows, native: np.dtype[Any]) -> Rows:
    plain = np.empty(len(rows), native)
    for name in native.names or ():
        plain[name] = rows[name]
    return plain
