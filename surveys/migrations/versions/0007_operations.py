"""Operations: when the service last ticked, was backed up, restored and drilled; figures over all clinics; held messages."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from surveys.migrations.indexes import build_index

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

APP, OWNER = "backstory_app", "backstory_owner"
INDEXES = (
    ("ix_audit_event_txid", "audit_event", ["clinic_id", "txid"], {}),
    ("ix_audit_event_at", "audit_event", ["clinic_id", "at"], {}),
    ("ix_audit_event_patients", "audit_event", ["patient_ids"], {"using": "gin"}),
    ("ix_patient_withheld", "patient", ["clinic_id", "id"], {"where": "withheld_at IS NOT NULL"}),
    ("ix_message_held", "message", ["clinic_id", "due_at"], {"where": "state = 'held'"}),
)
TO_VALIDATE = (("patient", "fk_patient_clinic_id_merged_into"), ("staff_task", "ck_staff_task_kind_known"))
COUNTED = ("staff_task",)  # message has such a policy since 0001
FIGURES = """
CREATE FUNCTION service_figures() RETURNS TABLE (figure text, label text, value bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT 'messages', m.state, count(*) FROM message m GROUP BY m.state
    UNION ALL SELECT 'staff_tasks', 'open', count(*) FROM staff_task t WHERE t.closed_at IS NULL
$$
"""


def _while_serving() -> None:
    """Build what large tables need without stopping writers; each statement may have been done by a try cut short."""
    for name, table, columns, options in INDEXES:
        build_index(name, table, columns, **options)
    for table, constraint in TO_VALIDATE:
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _while_serving()
    op.create_table(
        "operation",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("kind IN ('tick', 'backup', 'restore', 'drill')", name=op.f("ck_operation_kind_known")),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_operation")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON operation TO {APP}")
    for table in COUNTED:
        op.execute(f"CREATE POLICY {table}_lookup ON {table} FOR SELECT TO {OWNER} USING (true)")
    op.execute(FIGURES)
    op.execute("REVOKE ALL ON FUNCTION service_figures() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION service_figures() TO {APP}")


def downgrade() -> None:
    op.drop_index("ix_message_held", "message")
    op.execute("DROP FUNCTION service_figures()")
    for table in COUNTED:
        op.execute(f"DROP POLICY {table}_lookup ON {table}")
    op.drop_table("operation")
