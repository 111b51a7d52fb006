"""How the database reads the data-quality page: in one statement, and whole, whatever its statistics say."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from surveys.db import clinic_scope
from surveys.outcomes.filters import Filters
from surveys.outcomes.quality.page import alike
from surveys.outcomes.quality.reading import read
from tests.outcomes.test_reading_plans import grown

__all__ = ["grown"]


def test_the_answers_are_read_once_and_whole(grown: tuple[Engine, UUID]) -> None:
    engine, clinic_id = grown
    asked: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
    with clinic_scope(clinic_id), Session(engine) as session:
        read(session, Filters("trial"), alike())
        counted = [each for each in asked if each[0].startswith("WITH")]
        told = session.connection().exec_driver_sql(f"EXPLAIN {counted[0][0]}", counted[0][1])
        plan = "\n".join(row[0] for row in told)
    assert len(counted) == 1
    assert "CTE taken" in plan
    assert plan.count(" on answer") == 1
    assert "Nested Loop" not in plan
