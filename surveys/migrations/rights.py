"""What every new tenant table gets, whatever revision adds it: row-level security, grants, append-only triggers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import op

APP, OWNER = "backstory_app", "backstory_owner"
# In a SELECT of its own, so that no plan is made for the clinic's name: of one that came after the statistics were
# taken these know no row, and what they believe to be one row is joined by reading everything again and again.
BOUND = "(SELECT nullif(current_setting('backstory.clinic', true), '')::uuid)"


def protect(table: str, *, append_only: bool = False, looked_up: bool = False) -> None:
    """Bind the table to its clinic. ``looked_up``: a function that crosses clinics reads it, running as the owner."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY {table}_clinic ON {table} TO {APP} USING (clinic_id = {BOUND}) WITH CHECK (clinic_id = {BOUND})"
    )
    if looked_up:
        op.execute(f"CREATE POLICY {table}_lookup ON {table} FOR SELECT TO {OWNER} USING (true)")
    op.execute(f"GRANT {'SELECT, INSERT' if append_only else 'SELECT, INSERT, UPDATE, DELETE'} ON {table} TO {APP}")
    if append_only:
        for name, when, each in (("append_only", "UPDATE OR DELETE", "ROW"), ("no_truncate", "TRUNCATE", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER {table}_{name} BEFORE {when} ON {table} FOR EACH {each} EXECUTE FUNCTION refuse_change()"
            )


@contextmanager
def every_clinics(*tables: str) -> Iterator[None]:
    """Let the owner change these tables' rows for the block: forced row-level security hides them from it."""
    for table in tables:
        op.execute(f"CREATE POLICY {table}_migration ON {table} TO {OWNER} USING (true)")
    yield
    for table in tables:
        op.execute(f"DROP POLICY {table}_migration ON {table}")


def tenant_table(table: str, *parts: sa.schema.SchemaItem, parents: dict[str, str] | None = None) -> None:
    """Create a table with the columns and keys that ``surveys.db.Tenant`` and ``tenant_keys`` name."""
    named = [
        sa.ForeignKeyConstraint(
            ["clinic_id", column], [f"{parent}.clinic_id", f"{parent}.id"], name=f"fk_{table}_clinic_id_{column}"
        )
        for column, parent in (parents or {}).items()
    ]
    op.create_table(
        table,
        *parts,
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=f"fk_{table}_clinic_id"),
        *named,
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.UniqueConstraint("clinic_id", "id", name=f"uq_{table}_clinic_id_id"),
    )


def columns(kind: sa.types.TypeEngine[Any], names: str, *, nullable: bool = False) -> list[sa.Column[Any]]:
    """Columns of one kind, named in a row."""
    return [sa.Column(name, kind, nullable=nullable) for name in names.split()]
