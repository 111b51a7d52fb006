"""What 0008 began on large tables: validation, indexes, and a cause for what was cancelled before causes were kept."""

from alembic import op

from surveys.migrations.indexes import build_index
from surveys.migrations.rights import OWNER

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TO_VALIDATE = (
    ("message", "ck_message_channel_known"),
    ("patient", "ck_patient_channel_known"),
    ("consent", "ck_consent_kind_known"),
    ("staff_task_log", "ck_staff_task_log_outcome_known"),
)
INDEXES = (
    ("ix_message_message_id", ["clinic_id", "message_id"], ""),
    ("ix_message_explained", ["clinic_id", "settled_at"], "state IN ('refused', 'unknown')"),
    ("ix_message_carried", ["clinic_id", "carried_by"], "carried_by IS NOT NULL"),
)
# A version that knows of no causes may serve until every process is the new one: what it cancels says so.
CAUSE = """
CREATE OR REPLACE FUNCTION message_without_cause() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.cause := 'not_recorded';
    RETURN NEW;
END $$
"""
CAUSED_BY = """
CREATE TRIGGER message_cause BEFORE INSERT OR UPDATE ON message FOR EACH ROW
WHEN (NEW.state = 'cancelled' AND NEW.cause IS NULL) EXECUTE FUNCTION message_without_cause()
"""
CAUSED = "state <> 'cancelled' OR cause IS NOT NULL"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table, constraint in TO_VALIDATE:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}")
        for name, columns, where in INDEXES:
            build_index(name, "message", columns, where=where)
        _give_causes()
    op.execute(CAUSE)
    op.execute(CAUSED_BY)
    op.create_check_constraint("cancelled_has_a_cause", "message", CAUSED, postgresql_not_valid=True)


def _give_causes() -> None:
    """The owner may change these rows for this statement alone: forced row-level security hides them from it."""
    op.execute("DROP POLICY IF EXISTS message_cause ON message")
    op.execute(f"CREATE POLICY message_cause ON message FOR UPDATE TO {OWNER} USING (state = 'cancelled')")
    op.execute("UPDATE message SET cause = 'not_recorded' WHERE state = 'cancelled' AND cause IS NULL")
    op.execute("DROP POLICY message_cause ON message")


def downgrade() -> None:
    op.execute("DROP TRIGGER message_cause ON message")
    op.execute("DROP FUNCTION message_without_cause()")
    op.drop_constraint(op.f("ck_message_cancelled_has_a_cause"), "message", type_="check")
    for name, _columns, _where in INDEXES:
        op.drop_index(name, "message")
