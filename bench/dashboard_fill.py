"""A clinic of any size under the registry protocol: five timepoints, one scale at each, and what filters ask for."""

from __future__ import annotations

from uuid import UUID

import psycopg

from local import roles
from local.postgres import Postgres

FILL = (
    "SET session_replication_role = replica",  # rows that fit by construction: no key is looked up, no trigger runs
    "SET work_mem = '256MB'",
    "SET maintenance_work_mem = '512MB'",
    """CREATE FUNCTION pg_temp.chance(number bigint, salt int) RETURNS float LANGUAGE sql IMMUTABLE AS
    'SELECT abs(hashint8(number * 7919 + salt)) %% 1000 / 1000.0'""",  # the same at every filling
    "CREATE TEMP TABLE one AS SELECT clinic_id, id AS protocol FROM protocol_version WHERE clinic_id = %(clinic)s",
    """CREATE TEMP TABLE e AS SELECT uuidv7() AS id, uuidv7() AS patient, number::bigint AS number,
    CASE WHEN number %% 2 = 0 THEN 'treated' ELSE 'conventional' END AS arm,
    date '2021-01-04' + (number %% 1400)::int AS begun
    FROM generate_series(%(from)s::int, %(to)s::int) AS number ORDER BY 3""",
    """INSERT INTO patient (clinic_id, id, number, language, time_zone, channel, created_at, sex)
    SELECT clinic_id, patient, 100000 + number, 'en', 'Europe/London', 'none', begun,
    (ARRAY['female', 'male'])[1 + number %% 2] FROM e, one""",
    """INSERT INTO episode (clinic_id, id, patient_id, protocol_id, arm, pain_generator, diagnosis, enrolled_on,
    index_date, age, bmi, opioid_use, created_at) SELECT clinic_id, e.id, patient, protocol, arm,
    (ARRAY['disc_herniation', 'facet', 'stenosis', 'degeneration'])[1 + number %% 4],
    (ARRAY['M51.1', 'M54.5', 'M48.06', 'M51.2'])[1 + number %% 4], begun, begun + 20,
    20 + (60 * pg_temp.chance(number, 1))::int, round((18 + 20 * pg_temp.chance(number, 2))::numeric, 1),
    pg_temp.chance(number, 3) < 0.3, begun FROM e, one""",
    """INSERT INTO treatment (clinic_id, id, episode_id, on_date, product, state, total_nucleated_cells, created_at)
    SELECT clinic_id, uuidv7(), e.id, begun + 20, CASE WHEN number %% 4 = 0 THEN 'prp' ELSE 'bone_marrow_concentrate'
    END, 'done', 100 + round((900 * pg_temp.chance(number, 4))::numeric), begun FROM e, one WHERE arm = 'treated'""",
    """INSERT INTO endpoint (clinic_id, id, episode_id, kind, on_date, details, recorded_at)
    SELECT clinic_id, uuidv7(), e.id, 'surgery', begun + 200, '{}', begun + 210 FROM e, one
    WHERE pg_temp.chance(number, 5) < 0.03""",
    """INSERT INTO ending (clinic_id, id, episode_id, kind, on_date, recorded_at)
    SELECT clinic_id, uuidv7(), e.id, 'lost', begun + 300, begun + 300 FROM e, one
    WHERE pg_temp.chance(number, 6) < 0.05""",
    """CREATE TEMP TABLE v AS SELECT uuidv7() AS id, e.id AS episode, number, code, begun + 20 + days AS day, level,
    arm, (abs(hashint8(number * 31 + days)) %% 1000) / 1000.0 < 0.85 AS answered FROM e,
    (VALUES ('baseline', -20, 50.0), ('m1', 30, 42.0), ('m3', 91, 36.0), ('m6', 182, 32.0), ('m12', 365, 30.0))
    AS point (code, days, level)""",
    """INSERT INTO visit (clinic_id, id, episode_id, timepoint, due_on, opens_at, closes_at, submitted_at, closed_at)
    SELECT clinic_id, v.id, episode, code, day, day, day + 20, CASE WHEN answered THEN day + 2 END, day + 20
    FROM v, one""",
    """CREATE TEMP TABLE r AS SELECT uuidv7() AS id, v.id AS visit, number, code, level, arm, day FROM v
    WHERE answered""",
    """INSERT INTO response (clinic_id, id, visit_id, instrument, mode, language, wording_hash, started_at,
    finalised_at, finality) SELECT clinic_id, r.id, visit, 'odi', CASE number %% 10 WHEN 0 THEN 'paper' WHEN 1 THEN
    'tablet' ELSE 'self' END, 'en', 'x', day, CASE WHEN code = 'baseline' THEN day ELSE day + 2 END, 'submitted'
    FROM r, one""",
    """INSERT INTO score (clinic_id, id, response_id, scale, value, n_answered, rule_version, amendment, scored_at)
    SELECT clinic_id, uuidv7(), r.id, 'odi', least(100, greatest(0, 2 * round((level / 2 +
    (abs(hashint8(number * 104729 + length(code) * 13 + (day - date '2021-01-01'))) %% 41) - 20
    - CASE WHEN arm = 'treated' AND code <> 'baseline' THEN 4 ELSE 0 END)::numeric))), 10, 'rule-1', 0, day
    FROM r, one""",
    "DROP TABLE one, e, v, r",
    "ANALYZE",
)


def fill(server: Postgres, clinic_id: UUID, first: int, last: int) -> None:
    """Add the patients of these numbers."""
    given = {"clinic": clinic_id, "from": first, "to": last}
    with psycopg.connect(server.url("postgres", roles.DATABASE), autocommit=True) as connection:
        for statement in FILL:
            connection.execute(statement, given)
        connection.execute("VACUUM (ANALYZE)")
