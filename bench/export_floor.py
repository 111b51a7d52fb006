"""The floor below an export: the database hands over the same rows by one ``COPY``, and nobody keeps them."""

from __future__ import annotations

import time
from uuid import UUID

import psycopg

from local.postgres import Postgres

RESULTS = """SELECT e.id, e.patient_id, e.arm, v.timepoint, r.finalised_at::date - e.index_date, r.instrument, x.*,
    r.mode, r.finalised_at < v.closes_at, r.finality, r.language
FROM episode e JOIN visit v ON v.episode_id = e.id JOIN response r ON r.visit_id = v.id
JOIN (SELECT response_id, 'score', scale AS code, value_set_id, value, n_answered, amendment, rule_version FROM score
    UNION ALL SELECT response_id, 'answer', item, NULL, level, NULL, 0, NULL FROM answer) x ON x.response_id = r.id
ORDER BY e.id, v.timepoint, r.instrument, x.code"""
VISITS = "SELECT episode_id, timepoint, due_on, closes_at, submitted_at FROM visit ORDER BY episode_id, timepoint"
EPISODES = "SELECT e.*, p.sex FROM episode e JOIN patient p ON p.id = e.patient_id ORDER BY e.id"


def copied(server: Postgres, clinic_id: UUID, rows: int) -> float:
    """Rows per second, in binary, in order, under the row-level security of the clinic."""
    with psycopg.connect(server.url()) as connection:
        connection.execute("SELECT set_config('backstory.clinic', %s, false)", [str(clinic_id)])
        connection.execute("SET jit = off")
        begun = time.perf_counter()
        for statement in (RESULTS, VISITS, EPISODES):
            with connection.cursor() as cursor, cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT binary)") as sent:
                for _row in sent:
                    pass
        return rows / (time.perf_counter() - begun)
