"""How the database reads a cohort: the clinic's rows whole, however few of them its statistics know of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session

from local import roles
from local.postgres import Postgres
from surveys.db import bind_clinic_at_checkout, clinic_scope, uuid7
from surveys.demo import replica
from surveys.outcomes.filters import Filters
from surveys.outcomes.loading import load_cohort
from surveys.protocols.loading import bundled_protocols
from tests.factories import new_clinic
from tests.outcomes.study import BEGIN, LATER, lay
from tests.servers.database import fresh_database


@pytest.fixture
def grown(postgres: Postgres) -> Iterator[tuple[Engine, UUID]]:
    """A clinic whose patients came after the statistics were taken, as after a large import."""
    clinic_id, lives = uuid7(), list(replica.lives(BEGIN))
    with fresh_database(postgres) as name:
        engine = create_engine(postgres.alchemy_url(roles.APP, name))
        bind_clinic_at_checkout(engine)
        with clinic_scope(clinic_id), Session(engine) as session:
            session.add(new_clinic(clinic_id, "Europe/London", now=datetime(2024, 1, 1, tzinfo=UTC)))
            session.commit()
        lay(engine, clinic_id, lives[:1])
        with psycopg.connect(postgres.url("postgres", name), autocommit=True) as connection:
            connection.execute("ANALYZE")
        lay(engine, clinic_id, lives[1:])
        yield engine, clinic_id
        engine.dispose()


def plans(engine: Engine, session: Session) -> Iterator[str]:
    """Load the cohort, and yield how each of its statements was read."""
    asked: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
    trial = bundled_protocols()["trial"]
    cohort = load_cohort(session, trial, Filters("trial"), ("odi", "nrs_active"), now=LATER)
    assert len(cohort.ids) == sum(1 for _life in replica.lives(BEGIN))
    for statement, parameters in [each for each in asked if each[0].startswith("SELECT")]:
        told = session.connection().exec_driver_sql(f"EXPLAIN {statement}", parameters)
        yield "\n".join(row[0] for row in told)


def test_a_clinic_that_the_statistics_do_not_know_is_read_whole(grown: tuple[Engine, UUID]) -> None:
    engine, clinic_id = grown
    with clinic_scope(clinic_id), Session(engine) as session:
        read = list(plans(engine, session))
    assert len(read) == 3
    assert [plan for plan in read if "Nested Loop" in plan] == []
