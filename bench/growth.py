"""The same pages with many times the patients: what a request costs must not follow the number of rows."""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Composable, Identifier

from bench.measure import Run
from bench.report import Goal
from local import roles
from local.postgres import Postgres

TIMES = 32
FLAT = 0.1  # exponent; a cost that follows the rows has 1
COPIED = ("patient", "episode", "visit", "patient_link", "response", "answer")
IDS = {"id", "patient_id", "episode_id", "visit_id", "response_id"}
UNIQUE = {"chart_number_index", "token_digest"}
Connection = psycopg.Connection[tuple[str]]


def multiply(server: Postgres, clinic_id: UUID) -> None:
    """Copy the clinic's patients with all that belongs to them, until there are ``TIMES`` as many."""
    with psycopg.connect(server.url("postgres", roles.DATABASE), autocommit=True) as connection:
        for table in COPIED:
            _copy(connection, table, clinic_id)
        connection.execute("ANALYZE")


def _copy(connection: Connection, table: str, clinic_id: UUID) -> None:
    wanted = "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position"
    columns = [name for (name,) in connection.execute(wanted, (table,))]
    insert = SQL("INSERT INTO {} ({}) SELECT {} FROM {}, generate_series(1, %s) AS copy WHERE clinic_id = %s").format(
        Identifier(table),
        SQL(", ").join(map(Identifier, columns)),
        SQL(", ").join(map(_copied, columns)),
        Identifier(table),
    )
    connection.execute(insert, (TIMES - 1, clinic_id))


def _copied(column: str) -> Composable:
    """Return a column of a copy: its ids follow from the original's, so that rows still belong together."""
    name = Identifier(column)
    if column in IDS:
        return SQL("md5({}::text || copy)::uuid").format(name)
    if column in UNIQUE:
        return SQL("sha256({} || copy::text::bytea)").format(name)
    return SQL("{} + 100000 * copy").format(name) if column == "number" else name


def growth_goals(few: Mapping[str, Run], many: Mapping[str, Run]) -> list[Goal]:
    """One exponent per page: CPU per request against the number of patients."""
    return [
        Goal(f"{name}: growth with patients, exponent", exponent(few[name].cpu, run.cpu, TIMES), FLAT, more=False)
        for name, run in many.items()
    ]


def exponent(small: float, large: float, times: float) -> float:
    """Return x of large = small · times^x."""
    return log(large / small) / log(times)
