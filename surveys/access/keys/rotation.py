"""Bringing every sealed value under the current key, row by row, while the application reads and writes.

What is done shows in the values themselves, so an interrupted run goes on where it stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, or_, select, update
from sqlalchemy.orm import Session

from surveys.access.keys.encryption import DecryptionError, Vault
from surveys.access.keys.sealed import INDEX_ONLY, SEALED, Sealed, key_of, key_of_index, table, tables
from surveys.access.keys.suppressed import carry_over, follow

BATCH = 100  # rows locked at once; an edit of one of them waits for some 50 ms
PASSES = 3  # over rows that nobody holds; the next waits for the others


@dataclass
class Progress:
    """How far a clinic's rotation is; ``stuck``: rows that do not open, by table."""

    total: int  # rows that need work when it begins
    done: int = 0
    stuck: Counter[str] = field(default_factory=Counter)


def count_keys(session: Session) -> Counter[tuple[str, str, int]]:
    """Count the bound clinic's values by table, column and key id."""
    found: Counter[tuple[str, str, int]] = Counter()
    for name, column, key in _keyed():
        counted = select(key, func.count()).where(table(name).c[column].is_not(None)).group_by(key)
        for number, count in session.execute(counted):
            found[name, column, number] += count
    return found


def _keyed() -> Iterator[tuple[str, str, ColumnElement[int]]]:
    for sealed in SEALED:
        yield sealed.table, sealed.column, key_of(table(sealed.table).c[sealed.column])
        if sealed.index:
            yield sealed.table, sealed.index, key_of_index(table(sealed.table).c[sealed.index])
    for name, column in INDEX_ONLY:
        yield name, column, key_of_index(table(name).c[column])


def rotate(session: Session, vault: Vault) -> Iterator[Progress]:
    """Re-seal the bound clinic's values batch by batch; the caller commits after each."""
    current = vault.ring.current
    progress = Progress(sum(_count_stale(session, name, columns, current) for name, columns in tables().items()))
    for name, columns in tables().items():
        for attempt in range(PASSES + 1):
            yield from _pass(session, vault, name, columns, progress, wait=attempt == PASSES)
            if not _count_stale(session, name, columns, current):
                break
    if not progress.stuck.total():
        carry_over(session, vault)
    yield progress


def _pass(
    session: Session, vault: Vault, name: str, columns: Sequence[Sealed], progress: Progress, *, wait: bool
) -> Iterator[Progress]:
    """Go over the table once by id. Rows that a person is changing are passed over unless ``wait``."""
    last: UUID | None = None
    progress.stuck[name] = 0
    while rows := _locked(session, name, columns, vault.ring.current, last, wait=wait):
        for row in rows:
            progress.done += _reseal(session, vault, name, columns, row, progress)
        last = rows[-1].id
        yield progress


def _locked(
    session: Session, name: str, columns: Sequence[Sealed], current: int, last: UUID | None, *, wait: bool
) -> Sequence[Row[Any]]:
    """The next rows that need work, locked until the commit: nobody's change can come between reading and writing."""
    of = table(name)
    wanted = select(of.c.id, *(of.c[each.column] for each in columns)).where(_stale(name, columns, current))
    if last is not None:
        wanted = wanted.where(of.c.id > last)
    return session.execute(wanted.order_by(of.c.id).limit(BATCH).with_for_update(skip_locked=not wait)).all()


def _reseal(
    session: Session, vault: Vault, name: str, columns: Sequence[Sealed], row: Row[Any], progress: Progress
) -> bool:
    """Write one row anew; False where a value does not open: the row stays as it is and is counted."""
    try:
        plain = {each: _opened(vault, each, row) for each in columns}
    except DecryptionError:
        progress.stuck[name] += 1
        return False
    values: dict[str, bytes] = {}
    for each, value in plain.items():
        if value is not None:
            values |= _renewed(vault, each, value, row.id)
        follow(session, vault, each.kind, value)
    session.execute(update(table(name)).where(table(name).c.id == row.id).values(values))
    return True


def _opened(vault: Vault, column: Sealed, row: Row[Any]) -> str | None:
    value = getattr(row, column.column)
    return None if value is None else vault.open(value, column.table, column.column, row.id)


def _renewed(vault: Vault, column: Sealed, plain: str, row_id: UUID) -> dict[str, bytes]:
    renewed = {column.column: vault.seal(plain, column.table, column.column, row_id)}
    return renewed | ({column.index: vault.index(plain, column.kind)} if column.index else {})


def _count_stale(session: Session, name: str, columns: Sequence[Sealed], current: int) -> int:
    return session.scalar(select(func.count()).select_from(table(name)).where(_stale(name, columns, current))) or 0


def _stale(name: str, columns: Sequence[Sealed], current: int) -> ColumnElement[bool]:
    of = table(name).c
    sealed = [key_of(of[each.column]) != current for each in columns]
    return or_(*sealed, *(key_of_index(of[each.index]) != current for each in columns if each.index))
