"""Exports in processes of their own: rows per second beside one ``COPY`` of the same rows, and the peak of memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from uuid import UUID

import psycopg

from bench.export_floor import copied
from bench.growth import exponent
from bench.report import Goal
from local import roles
from local.postgres import Postgres
from surveys.exchange.work import FRUGAL

FEW, MANY = 100_000, 1_000_000  # responses
QUICK_FEW, QUICK_MANY = 10_000, 100_000
PER_EPISODE = 20  # five visits with four instruments each
LONG, WIDE = "long", "wide"
OTHERS = (("csv", LONG), ("sav", LONG), *((kind, WIDE) for kind in ("parquet", "csv", "sav", "xlsx")))  # once, larger
SMALL = (("xlsx", LONG),)  # at the smaller one: a sheet holds no more than a million rows
MEGABYTE = 1024 * 1024
FILL = (
    "SET session_replication_role = replica",  # rows that fit by construction: no key is looked up
    """CREATE TEMP TABLE one AS SELECT clinic_id, id AS protocol FROM protocol_version WHERE clinic_id = %(clinic)s""",
    """CREATE TEMP TABLE e AS SELECT uuidv7() AS id, uuidv7() AS patient, number
    FROM generate_series(%(from)s::int, %(to)s::int) AS number""",
    """INSERT INTO patient (clinic_id, id, number, language, time_zone, channel, created_at, sex)
    SELECT clinic_id, patient, 100000 + number, 'en', 'Europe/London', 'none', now(), 'female' FROM e, one""",
    """INSERT INTO episode (clinic_id, id, patient_id, protocol_id, arm, pain_generator, enrolled_on, index_date, age,
    created_at) SELECT clinic_id, e.id, patient, protocol, 'treated', 'facet', date '2024-01-05', date '2024-02-01',
    20 + number %% 60, now() FROM e, one""",
    """INSERT INTO treatment (clinic_id, id, episode_id, on_date, product, state, created_at)
    SELECT clinic_id, uuidv7(), e.id, date '2024-02-01', 'prp', 'done', now() FROM e, one""",
    """CREATE TEMP TABLE v AS SELECT uuidv7() AS id, e.id AS episode, code, date '2024-02-01' + days AS day
    FROM e, (VALUES ('baseline', -20), ('m1', 30), ('m3', 91), ('m6', 182), ('m12', 365)) AS point (code, days)""",
    """INSERT INTO visit (clinic_id, id, episode_id, timepoint, due_on, opens_at, closes_at, submitted_at)
    SELECT clinic_id, v.id, episode, code, day, day, day + 20, day + 2 FROM v, one""",
    """CREATE TEMP TABLE r AS SELECT uuidv7() AS id, v.id AS visit, asked.code, day FROM v,
    (VALUES ('odi'), ('nrs11'), ('eq5d3l'), ('functionality')) AS asked (code)""",
    """INSERT INTO response (clinic_id, id, visit_id, instrument, mode, language, wording_hash, started_at,
    finalised_at, finality) SELECT clinic_id, r.id, visit, code, 'self', 'en', 'x', day, day + 2, 'submitted'
    FROM r, one""",
    """INSERT INTO score (clinic_id, id, response_id, scale, value, n_answered, rule_version, amendment, scored_at)
    SELECT clinic_id, uuidv7(), r.id, scale, random() * 50, 10, 'rule-1', 0, day FROM one, r JOIN (VALUES
    ('odi', 'odi'), ('nrs11', 'nrs_active'), ('nrs11', 'nrs_resting'), ('eq5d3l', 'eq5d3l_index'),
    ('eq5d3l', 'eq_vas'), ('functionality', 'functionality')) AS has (instrument, scale) ON instrument = code""",
    """INSERT INTO answer (clinic_id, id, response_id, item, status, level, nonce, mode, answered_at)
    SELECT clinic_id, uuidv7(), r.id, item, 'answered', 1 + (random() * 2)::int, gen_random_uuid(), 'self', day
    FROM one, r JOIN (VALUES ('odi', 'sitting'), ('odi', 'walking'), ('nrs11', 'active'), ('nrs11', 'resting'),
    ('eq5d3l', 'mobility'), ('eq5d3l', 'vas')) AS has (instrument, item) ON instrument = code""",
    "DROP TABLE one, e, v, r",
    "VACUUM (ANALYZE)",  # as a clinic that grew over years was; or the server would do it while an export is measured
)


@dataclass(frozen=True)
class Done:
    """One export: rows of all its files, seconds, and the most bytes that were resident."""

    rows: int
    seconds: float
    resident: int

    @property
    def rate(self) -> float:
        """Rows per second."""
        return self.rows / self.seconds


@dataclass(frozen=True)
class Exports:
    """Parquet at two sizes, with the rows per second of ``COPY`` at the larger; ``others``: by name and responses."""

    responses: tuple[int, int]
    few: Done
    many: Done
    floor: float
    others: Mapping[tuple[str, int], Done]

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """What was measured."""
        few, many = self.responses
        named = {("parquet, long", few): self.few, ("parquet, long", many): self.many, **self.others}
        floor = (f"COPY of the same rows, kept by nobody, {many:,}", f"{self.many.rows:,}", f"{self.floor:,.0f}", "")
        measured = [
            (f"{name}, {responses:,}", f"{done.rows:,}", f"{done.rate:,.0f}", _mb(done))
            for (name, responses), done in named.items()
        ]
        return [floor, *measured]

    @property
    def goals(self) -> list[Goal]:
        """Row 11 of the goals."""
        worst = max(self.many.resident, *(done.resident for done in self.others.values()))
        growth = exponent(self.few.resident, self.many.resident, self.responses[1] / self.responses[0])
        return [
            Goal("export: rows/s to Parquet", self.many.rate, 200_000),
            Goal("export: rows/s to Parquet, of those of COPY", self.many.rate / self.floor, 0.5),
            Goal("export: most memory resident to Parquet, MB", self.many.resident / MEGABYTE, 200, more=False),
            Goal("export: most memory resident of any format, MB", worst / MEGABYTE, 200, more=False),
            Goal("export: memory, growth with responses, exponent", growth, 0.1, more=False),
        ]


def _mb(done: Done) -> str:
    return f"{done.resident / MEGABYTE:,.0f}"


def export_figures(
    server: Postgres, clinic_id: UUID, environ: Mapping[str, str], runs: int, *, quick: bool = False
) -> Exports:
    """Fill and measure at both sizes."""
    few, many = (QUICK_FEW, QUICK_MANY) if quick else (FEW, MANY)
    _fill(server, clinic_id, 1, few // PER_EPISODE)
    small, others = _measure(clinic_id, "parquet", LONG, environ, runs), _once(clinic_id, SMALL, few, environ)
    _fill(server, clinic_id, few // PER_EPISODE + 1, many // PER_EPISODE)
    pairs = [_beside(server, clinic_id, environ) for _number in range(runs)]
    large = _median([done for done, _floor in pairs])
    floor = median(rate for _done, rate in pairs)
    return Exports((few, many), small, large, floor, others | _once(clinic_id, OTHERS, many, environ))


def _once(
    clinic_id: UUID, wanted: Sequence[tuple[str, str]], responses: int, environ: Mapping[str, str]
) -> dict[tuple[str, int], Done]:
    return {(f"{kind}, {shape}", responses): _measure(clinic_id, kind, shape, environ, 1) for kind, shape in wanted}


def _fill(server: Postgres, clinic_id: UUID, first: int, last: int) -> None:
    given = {"clinic": clinic_id, "from": first, "to": last}
    with psycopg.connect(server.url("postgres", roles.DATABASE), autocommit=True) as connection:
        for statement in FILL:
            connection.execute(statement, given if "%" in statement else None)


def _beside(server: Postgres, clinic_id: UUID, environ: Mapping[str, str]) -> tuple[Done, float]:
    """One export and the floor, one after the other: what else the host does meets both."""
    done = _run([str(clinic_id), "parquet", LONG], environ)
    return done, copied(server, clinic_id, done.rows)


def _measure(clinic_id: UUID, kind: str, shape: str, environ: Mapping[str, str], runs: int) -> Done:
    return _median([_run([str(clinic_id), kind, shape], environ) for _number in range(runs)])


def _median(done: Sequence[Done]) -> Done:
    return Done(done[0].rows, median(each.seconds for each in done), max(each.resident for each in done))


def _run(arguments: Sequence[str], environ: Mapping[str, str]) -> Done:
    command = [sys.executable, "-m", "bench.one_export", *arguments]
    made = subprocess.run(command, env={**environ, **FRUGAL}, capture_output=True, text=True, check=False)
    if made.returncode:
        raise RuntimeError(made.stderr[-2000:])
    return Done(**json.loads(made.stdout.splitlines()[-1]))
