"""Reading a database's facts, as a role that row-level security does not bind, or before it binds."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from surveys.backup.manifest import Facts

Connection = psycopg.Connection[tuple[Any, ...]]
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
SEALED = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public' AND data_type = 'bytea' AND column_name LIKE '%\\_enc' ORDER BY 1, 2
"""
CHAINS = """
SELECT DISTINCT ON (clinic_id) clinic_id::text, position, last_sequence, encode(chain_hash, 'hex') FROM audit_seal
ORDER BY clinic_id, position DESC
"""


def read_facts(connection: Connection) -> Facts:
    """Return what a manifest records, all from the connection's snapshot."""
    tables = [name for (name,) in connection.execute(TABLES)]
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return Facts(
        revision=row[0] if row else "",
        clinics=[str(clinic) for (clinic,) in connection.execute("SELECT id FROM clinic ORDER BY id")],
        counts={table: _count(connection, table) for table in tables},
        chains={clinic: (seal, link, head) for clinic, seal, link, head in connection.execute(CHAINS)},
        key_ids={f"{table}.{column}": _key_ids(connection, table, column) for table, column in _sealed(connection)},
    )


def _count(connection: Connection, table: str) -> int:
    row = connection.execute(SQL("SELECT count(*) FROM {}").format(Identifier(table))).fetchone()
    return int(row[0]) if row else 0


def _sealed(connection: Connection) -> list[tuple[str, str]]:
    return [(table, column) for table, column in connection.execute(SEALED)]


def _key_ids(connection: Connection, table: str, column: str) -> list[int]:
    wanted = SQL("SELECT DISTINCT get_byte({column}, 0) FROM {table} WHERE length({column}) > 0 ORDER BY 1")
    names = {"table": Identifier(table), "column": Identifier(column)}
    return [number for (number,) in connection.execute(wanted.format(**names))]


def differences(wanted: Facts, found: Facts) -> list[str]:
    """Return one sentence for each table or chain that is not as the manifest says."""
    tables = sorted(set(wanted.counts) | set(found.counts))
    wrong = [
        f"{table}: {found.counts.get(table)} rows in place of {wanted.counts.get(table)}"
        for table in tables
        if wanted.counts.get(table) != found.counts.get(table)
    ]
    chains = {clinic: tuple(head) for clinic, head in wanted.chains.items()}
    wrong += [
        f"audit chain of clinic {clinic} ends elsewhere"
        for clinic in chains
        if found.chains.get(clinic) != chains[clinic]
    ]
    return wrong
