"""What a batch reads of a clinic that the database's statistics do not know yet (decision 0036)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from local.postgres import Postgres
from surveys.db import clinic_session, db
from surveys.models import Message
from surveys.outbox.situation import situations
from tests.outbox.follow_up import Story, alone_at, fill, open_site

BEGIN = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
PATIENTS, BATCH = 60, 20


@pytest.fixture
def new_clinic_id(postgres: Postgres, own_database: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[UUID]:
    """A clinic that came after the statistics were taken, as one more of a large registry does for weeks."""
    name = own_database["DATABASE_URL"].rpartition("/")[2]
    with alone_at(own_database, monkeypatch, BEGIN):
        fill(open_site(BEGIN), stories(3), now=BEGIN)
        with psycopg.connect(postgres.url("postgres", name), autocommit=True) as connection:
            connection.execute("ANALYZE")
        site = open_site(BEGIN)
        fill(site, stories(PATIENTS), now=BEGIN)
        yield site.clinic_id


def stories(many: int) -> list[Story]:
    return [Story(f"p{number}", BEGIN.date(), BEGIN.date()) for number in range(many)]


def test_a_batch_of_a_clinic_without_statistics_reads_each_row_few_times(new_clinic_id: UUID) -> None:
    with clinic_session(new_clinic_id) as session:
        ids = list(session.scalars(select(Message.id).limit(BATCH)))
        rows = len(list(session.scalars(select(Message.id))))
        read = rows_read(session, ids)
    assert len(ids) == BATCH
    assert read < rows * BATCH, "each message of the batch may cost a look at the clinic's rows, and no more"


def rows_read(session: Session, ids: list[UUID]) -> float:
    """How many rows the statement of ``situations`` came across, by the executor's own count."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_others: object) -> None:
        asked.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    situations(session, ids, now=BEGIN)
    event.remove(db.engine, "before_cursor_execute", note)
    ((statement, parameters),) = asked
    told = session.connection().exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
    return math.fsum(_came_across(told.scalar_one()[0]["Plan"]))


def _came_across(node: dict[str, Any]) -> Iterator[float]:
    gone = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Join Filter", 0)
    yield (node["Actual Rows"] + gone) * node["Actual Loops"]
    for below in node.get("Plans", ()):
        yield from _came_across(below)
