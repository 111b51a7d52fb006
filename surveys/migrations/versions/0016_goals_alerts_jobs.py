"""Patients' goals and their ratings, alerts and who answers for them, and the files that jobs make."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from surveys.migrations.rights import APP, columns, protect, tenant_table

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
STATES = "'waiting', 'running', 'done', 'failed'"
PURPOSES = "'invitation', 'password_reset'"

# A job whose worker died is found by the end of its lease.
WITH_JOBS = """
CREATE FUNCTION clinics_with_jobs() RETURNS TABLE (clinic_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT DISTINCT j.clinic_id FROM job j
    WHERE j.state = 'waiting' OR (j.state = 'running' AND j.lease_until < statement_timestamp()) $$
"""


def upgrade() -> None:
    _goals()
    _alerts()
    _jobs()


def downgrade() -> None:
    op.execute("DROP FUNCTION clinics_with_jobs()")
    op.drop_index("ix_job_open", "job")
    op.drop_constraint(op.f("ck_job_state_known"), "job", type_="check")
    op.drop_constraint(op.f("ck_job_kind_known"), "job", type_="check")
    op.create_check_constraint("state_known", "job", f"state IN ({STATES})", postgresql_not_valid=True)
    op.drop_constraint(op.f("ck_staff_mail_purpose_known"), "staff_mail", type_="check")
    op.create_check_constraint("purpose_known", "staff_mail", f"purpose IN ({PURPOSES})", postgresql_not_valid=True)
    op.drop_column("job", "expires_at")
    op.drop_column("job", "fence")
    for table in ("job_part", "alert", "alert_settings", "goal_rating", "goal"):
        op.drop_table(table)


def _goals() -> None:
    tenant_table(
        "goal",
        *columns(sa.Uuid(), "episode_id set_by"),
        *columns(sa.LargeBinary(), "words_enc", nullable=True),
        *columns(sa.Date(), "set_on"),
        *columns(sa.Date(), "ended_on", nullable=True),
        *columns(MOMENT, "recorded_at"),
        parents={"episode_id": "episode", "set_by": "staff"},
    )
    op.create_index("ix_goal_episode", "goal", ["clinic_id", "episode_id"], unique=False)
    protect("goal")
    tenant_table(
        "goal_rating",
        *columns(sa.Uuid(), "goal_id"),
        *columns(sa.Uuid(), "visit_id author_id", nullable=True),
        *columns(sa.Date(), "on_date"),
        *columns(sa.Integer(), "rating"),
        *columns(sa.String(), "mode"),
        *columns(MOMENT, "recorded_at"),
        sa.CheckConstraint("rating BETWEEN 0 AND 10", name=op.f("ck_goal_rating_rating_in_range")),
        sa.CheckConstraint("mode IN ('self', 'interview', 'paper')", name=op.f("ck_goal_rating_mode_known")),
        parents={"goal_id": "goal", "visit_id": "visit", "author_id": "staff"},
    )
    op.create_index("ix_goal_rating_goal", "goal_rating", ["clinic_id", "goal_id"], unique=False)
    protect("goal_rating", append_only=True)


def _alerts() -> None:
    tenant_table(
        "alert_settings",
        *columns(sa.Uuid(), "owner_id deputy_id changed_by"),
        *columns(sa.ARRAY(sa.SmallInteger()), "weekdays"),
        *columns(sa.Time(), "hours_from hours_until"),
        *columns(sa.Integer(), "respond_within_hours"),
        *columns(JSONB(), "rules"),
        *columns(MOMENT, "enabled_at", nullable=True),
        *columns(MOMENT, "changed_at"),
        sa.UniqueConstraint("clinic_id", name=op.f("uq_alert_settings_clinic_id")),
        sa.CheckConstraint("owner_id <> deputy_id", name=op.f("ck_alert_settings_deputy_is_another")),
        sa.CheckConstraint("hours_from < hours_until", name=op.f("ck_alert_settings_hours_in_order")),
        sa.CheckConstraint(
            "respond_within_hours BETWEEN 1 AND 240", name=op.f("ck_alert_settings_response_time_in_range")
        ),
        parents={"owner_id": "staff", "deputy_id": "staff", "changed_by": "staff"},
    )
    protect("alert_settings")
    tenant_table(
        "alert",
        *columns(sa.Uuid(), "response_id"),
        *columns(sa.String(), "kind subject rule"),
        *columns(sa.Double(), "before after", nullable=True),
        *columns(MOMENT, "raised_at due_at"),
        *columns(MOMENT, "escalated_at acknowledged_at", nullable=True),
        *columns(sa.Uuid(), "acknowledged_by", nullable=True),
        *columns(sa.String(), "note", nullable=True),
        sa.UniqueConstraint(
            "clinic_id", "response_id", "kind", "subject", name=op.f("uq_alert_clinic_id_response_id_kind_subject")
        ),
        sa.CheckConstraint(
            "kind IN ('deterioration', 'red_flag', 'anxiety_depression')", name=op.f("ck_alert_kind_known")
        ),
        sa.CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name=op.f("ck_alert_acknowledged_by_somebody")
        ),
        parents={"response_id": "response", "acknowledged_by": "staff"},
    )
    open_alerts = {"unique": False, "postgresql_where": "acknowledged_at IS NULL"}
    op.create_index("ix_alert_open", "alert", ["clinic_id", "due_at"], **open_alerts)
    protect("alert")
    op.drop_constraint(op.f("ck_staff_mail_purpose_known"), "staff_mail", type_="check")
    op.create_check_constraint("purpose_known", "staff_mail", f"purpose IN ({PURPOSES}, 'alert')")


def _jobs() -> None:
    op.add_column("job", sa.Column("fence", sa.Integer(), server_default="0", nullable=False))
    op.add_column("job", sa.Column("expires_at", MOMENT, nullable=True))
    op.drop_constraint(op.f("ck_job_state_known"), "job", type_="check")
    op.create_check_constraint("state_known", "job", f"state IN ({STATES}, 'cancelled', 'expired')")
    op.create_check_constraint("kind_known", "job", "kind IN ('export', 'report', 'import')")
    waiting = {"unique": False, "postgresql_where": "state IN ('waiting', 'running')"}
    op.create_index("ix_job_open", "job", ["clinic_id", "requested_at"], **waiting)
    op.create_table(
        "job_part",
        *columns(sa.Uuid(), "clinic_id job_id"),
        *columns(sa.Integer(), "number"),
        *columns(sa.LargeBinary(), "content"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_job_part_clinic_id")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "job_id"], ["job.clinic_id", "job.id"], name=op.f("fk_job_part_clinic_id_job_id")
        ),
        sa.PrimaryKeyConstraint("clinic_id", "job_id", "number", name=op.f("pk_job_part")),
    )
    protect("job_part")
    op.execute(WITH_JOBS)
    op.execute("REVOKE ALL ON FUNCTION clinics_with_jobs() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION clinics_with_jobs() TO {APP}")
