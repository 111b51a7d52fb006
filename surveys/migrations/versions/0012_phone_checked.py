"""What 0011 began on large tables: validation while the service runs."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TO_VALIDATE = (
    ("staff_task", "ck_staff_task_kind_known"),
    ("patient_session", "ck_patient_session_respondent_known"),
    ("patient_session", "fk_patient_session_clinic_id_staff_id"),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table, constraint in TO_VALIDATE:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}")


def downgrade() -> None:
    pass
