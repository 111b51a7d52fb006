"""Row-level security asks for the clinic in a way that plans cannot look into (decision 0036)."""

import sqlalchemy as sa
from alembic import op

from surveys.migrations.rights import APP, BOUND

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

POLICIES = "SELECT tablename FROM pg_policies WHERE schemaname = 'public' AND policyname = tablename || '_clinic'"


def upgrade() -> None:
    with op.get_context().autocommit_block():  # each table is locked for a moment, and none while another waits
        for table in sorted(op.get_bind().scalars(sa.text(POLICIES))):
            bound = f"{'id' if table == 'clinic' else 'clinic_id'} = {BOUND}"
            op.execute(f"ALTER POLICY {table}_clinic ON {table} TO {APP} USING ({bound}) WITH CHECK ({bound})")


def downgrade() -> None:
    """Nothing: both forms let the same rows through, and the code before this revision works with either."""
