"""A crowd of messages due at the same moment, written by the database itself; and how a claim looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from surveys.db import db
from tests.faults.service import DueClinic, Service

CROWD = """INSERT INTO message (clinic_id, id, visit_id, step, issue, channel, state, planned_at, due_at, message_id,
 attempts, fence) SELECT m.clinic_id, uuidv7(), m.visit_id, m.step, number, m.channel, 'planned', m.planned_at,
 date_trunc('hour', m.due_at), '<' || number || m.message_id, 0, 0
 FROM message m, generate_series(2, %s) AS number WHERE m.clinic_id = %s AND m.step = 'invitation'"""


def crowd(service: Service, clinic: DueClinic, times: int) -> None:
    """Let each invitation of the clinic be so many, all due at the same full hour, as they are in life."""
    with psycopg.connect(service.url, autocommit=True) as connection:
        connection.execute(CROWD, (times, clinic.id))
        connection.execute("VACUUM ANALYZE message")


@contextmanager
def overheard() -> Iterator[list[tuple[str, Any]]]:
    """Yield the statements, with their values, that this process sends to the database in the block."""
    heard: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        heard.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield heard
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def plan_of(session: Session, statement: str, values: Any) -> list[dict[str, Any]]:
    """Return every node of the plan with the rows it met, of a statement that is run and taken back."""
    explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
    (told,) = session.connection().exec_driver_sql(explain, values).scalars().one()
    session.rollback()
    return list(_nodes(told["Plan"]))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for each in node.get("Plans", ()):
        yield from _nodes(each)


def count_states(session: Session) -> dict[str, int]:
    """How many messages are in each state."""
    rows = session.execute(text("SELECT state, count(*) FROM message GROUP BY state"))
    return {str(row[0]): int(row[1]) for row in rows}
