"""Registry analysts across sites: the role, the clinics' grants, and two lookups that return ids alone."""

import sqlalchemy as sa
from alembic import op

from surveys.migrations.rights import APP, protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BEFORE = ("clinician", "coordinator", "analyst", "admin")
DEFINER = "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp"
# Whoever is no registry analyst any more, or disabled, finds nothing, whatever a clinic once granted.
FIND = f"""
CREATE FUNCTION find_registry_analyst(wanted text) RETURNS TABLE (clinic_id uuid, staff_id uuid) {DEFINER} AS $$
    SELECT s.clinic_id, s.id FROM staff s
    WHERE s.login = wanted AND s.role = 'registry_analyst' AND s.disabled_at IS NULL $$
"""
GRANTED = f"""
CREATE FUNCTION granted_clinics(analyst uuid) RETURNS TABLE (clinic_id uuid) {DEFINER} AS $$
    SELECT g.clinic_id FROM registry_grant g JOIN staff s ON s.clinic_id = g.analyst_clinic_id AND s.id = g.analyst_id
    WHERE g.analyst_id = analyst AND g.revoked_at IS NULL
        AND s.role = 'registry_analyst' AND s.disabled_at IS NULL ORDER BY g.clinic_id $$
"""
FUNCTIONS = ("find_registry_analyst(text)", "granted_clinics(uuid)")


def upgrade() -> None:
    _know_roles((*BEFORE, "registry_analyst"))
    op.create_table(
        "registry_grant",
        sa.Column("analyst_clinic_id", sa.Uuid(), nullable=False),
        sa.Column("analyst_id", sa.Uuid(), nullable=False),
        sa.Column("analyst_login", sa.String(), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_registry_grant_clinic_id")),
        *_named_by("granted_by"),
        *_named_by("revoked_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_grant")),
        sa.UniqueConstraint("clinic_id", "id", name=op.f("uq_registry_grant_clinic_id_id")),
    )
    op.create_index("ix_registry_grant_analyst", "registry_grant", ["analyst_id"], unique=False)
    current = {"unique": True, "postgresql_where": "revoked_at IS NULL"}
    op.create_index("uq_registry_grant_current", "registry_grant", ["clinic_id", "analyst_id"], **current)
    protect("registry_grant", looked_up=True)
    for statement in (FIND, GRANTED):
        op.execute(statement)
    for function in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {APP}")


def downgrade() -> None:
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    op.drop_table("registry_grant")
    _know_roles(BEFORE)


def _named_by(column: str) -> tuple[sa.ForeignKeyConstraint]:
    key = op.f(f"fk_registry_grant_clinic_id_{column}")
    return (sa.ForeignKeyConstraint(["clinic_id", column], ["staff.clinic_id", "staff.id"], name=key),)


def _know_roles(roles: tuple[str, ...]) -> None:
    """Swap the check; the table is small enough to be read under the lock."""
    listed = ", ".join(f"'{role}'" for role in roles)
    op.execute("ALTER TABLE staff DROP CONSTRAINT ck_staff_role_known")
    op.execute(f"ALTER TABLE staff ADD CONSTRAINT ck_staff_role_known CHECK (role IN ({listed}))")
