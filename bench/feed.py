"""What the feed of changes costs a sitting: the same answers, finals and scores with its triggers and without."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import LiteralString
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from bench.report import Goal
from local import roles
from local.postgres import Postgres

ANSWERS = 10  # of one sitting with the disability index
SECONDS, QUICK_SECONDS = 3.0, 0.5
ANSWER = """INSERT INTO answer (clinic_id, id, response_id, item, status, level, nonce, mode, answered_at)
    VALUES (%(clinic)s, uuidv7(), %(response)s, 'item ' || %(item)s, 'answered', 1, gen_random_uuid(), 'self', now())"""
OPEN = """INSERT INTO response (clinic_id, id, visit_id, instrument, mode, language, wording_hash, started_at)
    SELECT %(clinic)s, uuidv7(), id, 'bench-' || gen_random_uuid(), 'self', 'en', 'x', now() FROM visit
    WHERE clinic_id = %(clinic)s ORDER BY id OFFSET %(step)s LIMIT 1 RETURNING id"""
SEND = "UPDATE response SET finalised_at = now(), finality = 'submitted' WHERE id = %(response)s"
SCORE = """INSERT INTO score (clinic_id, id, response_id, scale, value, n_answered, rule_version, amendment, scored_at)
    VALUES (%(clinic)s, uuidv7(), %(response)s, 'bench', 10, 10, 'rule-1', 0, now())"""
TRIGGERS = {"response": "response_of_visit_changes", "score": "score_of_response_changes"}
Connection = psycopg.Connection[tuple[UUID]]


@dataclass(frozen=True)
class Rates:
    """Answers a second of whole sittings, each statement a transaction of its own."""

    plain: float
    fed: float

    @property
    def rows(self) -> list[tuple[str, str]]:
        """What was measured."""
        return [("with the feed of changes", f"{self.fed:,.0f}"), ("without", f"{self.plain:,.0f}")]

    @property
    def goals(self) -> list[Goal]:
        """Row 6 of the goals."""
        return [Goal("feed of changes: share of the answer rate, %", 100 * (1 - self.fed / self.plain), 10, more=False)]


def feed_rates(server: Postgres, clinic_id: UUID, runs: int, *, quick: bool) -> Rates:
    """Alternate with and without; durable, as answers are."""
    seconds = QUICK_SECONDS if quick else SECONDS
    plain: list[float] = []
    fed: list[float] = []
    with psycopg.connect(server.url("postgres", roles.DATABASE), autocommit=True) as connection:
        for run in range(runs + 1):  # the first warms up
            for rates, way in ((plain, "DISABLE"), (fed, "ENABLE")):
                for table, trigger in TRIGGERS.items():
                    connection.execute(_switch(way, table, trigger))
                rates.append(_rate(connection, clinic_id, seconds, run))
    return Rates(median(plain[1:]), median(fed[1:]))


def _switch(way: LiteralString, table: str, trigger: str) -> Composed:
    return SQL("ALTER TABLE {} {} TRIGGER {}").format(Identifier(table), SQL(way), Identifier(trigger))


def _rate(connection: Connection, clinic_id: UUID, seconds: float, run: int) -> float:
    begun, sittings = time.perf_counter(), 0
    while (spent := time.perf_counter() - begun) < seconds:
        _sitting(connection, {"clinic": clinic_id, "step": sittings % 50 + run})
        sittings += 1
    return sittings * ANSWERS / spent


def _sitting(connection: Connection, own: dict[str, object]) -> None:
    row = connection.execute(OPEN, own).fetchone()
    own = own | {"response": row[0] if row else None}
    for item in range(ANSWERS):
        connection.execute(ANSWER, own | {"item": item})
    for statement in (SEND, SCORE):
        connection.execute(statement, own)
