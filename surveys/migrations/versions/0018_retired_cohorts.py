"""Saved choices of patients that are retired: by name, for as long as nothing new is to be made with them."""

import sqlalchemy as sa
from alembic import op

from surveys.migrations.rights import columns, protect, tenant_table

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    tenant_table(
        "retired_cohort",
        *columns(sa.String(), "name"),
        *columns(sa.Uuid(), "retired_by"),
        *columns(sa.DateTime(timezone=True), "retired_at"),
        sa.UniqueConstraint("clinic_id", "name", name=op.f("uq_retired_cohort_clinic_id_name")),
        parents={"retired_by": "staff"},
    )
    protect("retired_cohort")


def downgrade() -> None:
    op.drop_table("retired_cohort")
