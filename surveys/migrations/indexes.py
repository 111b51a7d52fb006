"""Indexes on large tables, built while the service runs."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

UNFINISHED = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(:name) AND NOT indisvalid"


def build_index(name: str, table: str, columns: Sequence[str], *, where: str = "", using: str = "btree") -> None:
    """Build an index unless it is there, in an ``autocommit_block``.

    A build that met a lock leaves an index of this name that serves no query: it is dropped first.
    """
    if op.get_bind().scalar(sa.text(UNFINISHED), {"name": name}):
        op.drop_index(name, table, postgresql_concurrently=True)
    op.create_index(
        name,
        table,
        list(columns),
        postgresql_concurrently=True,
        if_not_exists=True,
        postgresql_using=using,
        postgresql_where=sa.text(where) if where else None,
    )
