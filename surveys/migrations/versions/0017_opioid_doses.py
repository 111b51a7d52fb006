"""Opioid doses as staff record them: statements of a day, each whole, corrected by a newer one."""

import sqlalchemy as sa
from alembic import op

from surveys.migrations.rights import columns, protect, tenant_table

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TAKES = "(says = 'takes') = (drug IS NOT NULL AND route IS NOT NULL AND unit IS NOT NULL AND as_needed IS NOT NULL)"


def upgrade() -> None:
    tenant_table(
        "opioid_dose",
        *columns(sa.Uuid(), "episode_id statement_id recorded_by"),
        *columns(sa.Date(), "on_date"),
        *columns(sa.String(), "says"),
        *columns(sa.String(), "drug route unit", nullable=True),
        *columns(sa.Double(), "amount times_a_day", nullable=True),
        *columns(sa.Boolean(), "as_needed", nullable=True),
        *columns(sa.DateTime(timezone=True), "recorded_at"),
        sa.CheckConstraint("says IN ('takes', 'none', 'withdrawn')", name=op.f("ck_opioid_dose_says_known")),
        sa.CheckConstraint("route IN ('oral', 'transdermal', 'other')", name=op.f("ck_opioid_dose_route_known")),
        sa.CheckConstraint("unit IN ('mg', 'mcg/h')", name=op.f("ck_opioid_dose_unit_known")),
        sa.CheckConstraint("drug ~ '^[a-z][a-z -]{1,39}$'", name=op.f("ck_opioid_dose_drug_is_a_name")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_opioid_dose_amount_above_0")),
        sa.CheckConstraint("times_a_day > 0", name=op.f("ck_opioid_dose_times_above_0")),
        sa.CheckConstraint(TAKES, name=op.f("ck_opioid_dose_takes_names_a_drug")),
        parents={"episode_id": "episode", "recorded_by": "staff"},
    )
    op.create_index("ix_opioid_dose_episode", "opioid_dose", ["clinic_id", "episode_id", "on_date"], unique=False)
    protect("opioid_dose", append_only=True)
    op.execute(
        "CREATE TRIGGER opioid_dose_named_changes AFTER INSERT ON opioid_dose FOR EACH ROW"
        " EXECUTE FUNCTION note_outcome_named()"
    )


def downgrade() -> None:
    op.drop_table("opioid_dose")
