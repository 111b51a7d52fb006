"""Privacy: erasure, retention, merging, birth-year check."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from surveys.migrations.rights import protect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

EMPTIED = ("chart_number_enc", "chart_number_index", "first_name_enc", "surname_enc", "surname_index")
KINDS = "'phone', 'no_channel', 'bounced', 'unknown_handover', 'failed_message'"


def upgrade() -> None:
    _new_columns()
    for column in EMPTIED:
        op.alter_column("patient", column, nullable=True)
    _task_kinds(f"{KINDS}, 'birth_year', 'erasure_wish'")
    _erasure()
    _merge()
    _retention_decision()


def downgrade() -> None:
    for table in ("retention_decision", "merge", "erasure"):
        op.drop_table(table)
    op.execute("DELETE FROM staff_task WHERE kind IN ('birth_year', 'erasure_wish')")
    _task_kinds(KINDS)
    for column in EMPTIED:
        op.alter_column("patient", column, nullable=False)
    op.drop_column("patient_session", "year_pending")
    op.drop_column("patient_link", "year_tries")
    op.drop_index("ix_patient_withheld", table_name="patient")
    for column in ("merged_into", "withheld_at", "erased_at"):
        op.drop_column("patient", column)
    for column in ("retention_automatic", "retention_years", "birth_year_check"):
        op.drop_column("clinic", column)


def _new_columns() -> None:
    switch = {"nullable": False, "server_default": sa.false()}
    moment = sa.DateTime(timezone=True)
    op.add_column("clinic", sa.Column("birth_year_check", sa.Boolean(), **switch))
    op.add_column("clinic", sa.Column("retention_years", sa.Integer(), nullable=True))
    op.add_column("clinic", sa.Column("retention_automatic", sa.Boolean(), **switch))
    op.create_check_constraint("retention_in_range", "clinic", "retention_years BETWEEN 1 AND 50")
    op.add_column("patient", sa.Column("erased_at", moment, nullable=True))
    op.add_column("patient", sa.Column("withheld_at", moment, nullable=True))
    op.add_column("patient", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_patient_clinic_id_merged_into"),
        "patient",
        "patient",
        ["clinic_id", "merged_into"],
        ["clinic_id", "id"],
        postgresql_not_valid=True,  # 0007 validates it, and builds ix_patient_withheld, while the service runs
    )
    op.add_column("patient_link", sa.Column("year_tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("patient_session", sa.Column("year_pending", sa.Boolean(), **switch))


def _task_kinds(kinds: str) -> None:
    op.drop_constraint(op.f("ck_staff_task_kind_known"), "staff_task", type_="check")
    op.create_check_constraint("kind_known", "staff_task", f"kind IN ({kinds})", postgresql_not_valid=True)


def _tenant(table: str, *columns: sa.Column, parents: dict[str, str]) -> list[sa.schema.SchemaItem]:
    """Keys and columns that every tenant table has; ``parents``: column and the table it points to."""
    keys = [
        sa.ForeignKeyConstraint(
            ["clinic_id", column], [f"{parent}.clinic_id", f"{parent}.id"], name=op.f(f"fk_{table}_clinic_id_{column}")
        )
        for column, parent in parents.items()
    ]
    return [
        *columns,
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f(f"fk_{table}_clinic_id")),
        *keys,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("clinic_id", "id", name=op.f(f"uq_{table}_clinic_id_id")),
    ]


def _erasure() -> None:
    op.create_table(
        "erasure",
        *_tenant(
            "erasure",
            sa.Column("patient_id", sa.Uuid(), nullable=False),
            sa.Column("cause", sa.String(), nullable=False),
            sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("erased_by", sa.Uuid(), nullable=True),
            sa.Column("withheld", sa.Boolean(), nullable=False),
            sa.Column("proof", postgresql.JSONB(), nullable=False),
            parents={"patient_id": "patient", "erased_by": "staff"},
        ),
        sa.CheckConstraint("cause IN ('request', 'retention')", name=op.f("ck_erasure_cause_known")),
        sa.UniqueConstraint("clinic_id", "patient_id", name=op.f("uq_erasure_clinic_id_patient_id")),
    )
    protect("erasure")


def _merge() -> None:
    op.create_table(
        "merge",
        *_tenant(
            "merge",
            sa.Column("kept_id", sa.Uuid(), nullable=False),
            sa.Column("merged_id", sa.Uuid(), nullable=False),
            sa.Column("changes", postgresql.JSONB(), nullable=False),
            sa.Column("reason", sa.String(), nullable=False),
            sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("merged_by", sa.Uuid(), nullable=True),
            sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("undone_by", sa.Uuid(), nullable=True),
            parents={"kept_id": "patient", "merged_id": "patient", "merged_by": "staff", "undone_by": "staff"},
        ),
    )
    op.create_index("ix_merge_kept", "merge", ["clinic_id", "kept_id"])
    protect("merge")


def _retention_decision() -> None:
    op.create_table(
        "retention_decision",
        *_tenant(
            "retention_decision",
            sa.Column("patient_id", sa.Uuid(), nullable=False),
            sa.Column("due_on", sa.Date(), nullable=False),
            sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("decided_by", sa.Uuid(), nullable=False),
            parents={"patient_id": "patient", "decided_by": "staff"},
        ),
        sa.UniqueConstraint(
            "clinic_id", "patient_id", "due_on", name=op.f("uq_retention_decision_clinic_id_patient_id_due_on")
        ),
    )
    protect("retention_decision")
