"""What an act changed, row by row, so that it can be taken back exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, Uuid, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from surveys.db import UtcDateTime
from surveys.privacy.rows import Rows, table
from surveys.privacy.subject_export import plain

Changes = list[dict[str, Any]]


def between(before: Rows, after: Rows) -> Changes:
    """Return every row that was added or changed, with what its changed columns held before and hold since."""
    found: Changes = []
    for name, rows in after.items():
        old = {row["id"]: row for row in before[name]}
        found += [change for row in rows if (change := _change(name, old.get(row["id"]), row))]
    return found


def _change(name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> dict[str, Any] | None:
    if old is None:
        return {"table": name, "id": str(new["id"]), "was": None, "is": _as_added(new)}
    moved = [column for column in new if new[column] != old[column]]
    if not moved:
        return None
    return {
        "table": name,
        "id": str(new["id"]),
        "was": {column: plain(old[column]) for column in moved},
        "is": {column: plain(new[column]) for column in moved},
    }


def _as_added(row: Mapping[str, Any]) -> dict[str, Any]:
    return {column: plain(value) for column, value in row.items() if not isinstance(value, bytes | memoryview)}


def take_back(session: Session, changes: Iterable[Mapping[str, Any]]) -> int:
    """Give every changed column its former value and remove what was added, the last first.

    A column that has moved on since keeps its newer value, and so does an added row: a mail that went stays on record,
    or it would go again. Returns how many did.
    """
    moved_on = 0
    for change in reversed(list(changes)):
        its, row_id = table(change["table"]), UUID(change["id"])
        if change["was"] is None:
            moved_on += not _remove(session, its, row_id, change["is"])
            continue
        now = session.execute(select(its).where(its.c.id == row_id)).mappings().one()
        same = [name for name in change["was"] if plain(now[name]) == change["is"][name]]
        back = {name: _value(its, name, change["was"][name]) for name in same}
        moved_on += len(change["was"]) - len(back)
        if back:
            session.execute(update(its).where(its.c.id == row_id).values(back))
    session.expire_all()
    return moved_on


def _remove(session: Session, its: Table, row_id: UUID, added: Mapping[str, Any] | None) -> bool:
    """Remove a row that is as it was added; False where it has moved on, or others stand on it by now."""
    row = session.execute(select(its).where(its.c.id == row_id)).mappings().one_or_none()
    if row is None:
        return True
    if added is not None and _as_added(dict(row)) != added:
        return False
    try:
        with session.begin_nested():
            session.execute(delete(its).where(its.c.id == row_id))
    except IntegrityError:
        return False
    return True


def _value(its: Table, name: str, text: Any) -> Any:
    """A value of JSON as its column takes it."""
    kind = its.c[name].type
    if text is None or not isinstance(text, str):
        return text
    if isinstance(kind, Uuid):
        return UUID(text)
    if isinstance(kind, UtcDateTime):  # it tells nobody which type of Python it takes
        return datetime.fromisoformat(text)
    python = getattr(kind, "python_type", str)
    return date.fromisoformat(text) if python is date else text
