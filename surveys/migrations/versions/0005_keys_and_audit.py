"""Keys of patients, who saw whom, the audit chain, and the list of clinics for operators' commands."""

import sqlalchemy as sa
from alembic import op

from surveys.migrations.rights import APP, OWNER, protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CLINIC_IDS = (
    "CREATE FUNCTION clinic_ids() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER"
    " SET search_path = public, pg_temp AS 'SELECT id FROM clinic ORDER BY id'"
)


def upgrade() -> None:
    _patient_keys()
    _events()
    _chain()
    op.execute(f"CREATE POLICY clinic_lookup ON clinic FOR SELECT TO {OWNER} USING (true)")
    op.execute(CLINIC_IDS)
    op.execute("REVOKE ALL ON FUNCTION clinic_ids() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION clinic_ids() TO {APP}")


def downgrade() -> None:
    op.execute("DROP FUNCTION clinic_ids()")
    op.execute("DROP POLICY clinic_lookup ON clinic")
    for table in ("audit_check", "audit_link", "patient_key"):
        op.drop_table(table)
    op.drop_constraint("uq_audit_seal_clinic_id_position", "audit_seal")
    for column in ("last_sequence", "below", "cluster"):
        op.drop_column("audit_seal", column)
    for column in ("patient_ids", "txid"):
        op.drop_column("audit_event", column)
    op.drop_index("ix_audit_event_at", "audit_event")


def _patient_keys() -> None:
    op.create_table(
        "patient_key",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        *_tenant("patient_key"),
        sa.CheckConstraint(
            "(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name=op.f("ck_patient_key_destroyed_or_there")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_patient_key_clinic_id_patient_id"),
        ),
        sa.UniqueConstraint("clinic_id", "patient_id", name=op.f("uq_patient_key_clinic_id_patient_id")),
    )
    protect("patient_key")


def _events() -> None:
    """The default comes in a second step, so that no row is rewritten; 0007 builds the indexes while the service runs."""
    op.add_column("audit_event", sa.Column("patient_ids", sa.ARRAY(sa.Uuid()), nullable=True))
    op.add_column("audit_event", sa.Column("txid", sa.BigInteger(), nullable=True))
    op.execute("ALTER TABLE audit_event ALTER COLUMN txid SET DEFAULT pg_current_xact_id()::text::bigint")


def _chain() -> None:
    for column in ("last_sequence", "below", "cluster"):  # nobody has written a seal so far
        op.add_column("audit_seal", sa.Column(column, sa.BigInteger(), nullable=False))
    op.create_unique_constraint("uq_audit_seal_clinic_id_position", "audit_seal", ["clinic_id", "position"])
    op.create_table(
        "audit_link",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("chain_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_audit_link_clinic_id")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "event_id"],
            ["audit_event.clinic_id", "audit_event.id"],
            name=op.f("fk_audit_link_clinic_id_event_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "sequence", name=op.f("pk_audit_link")),
        sa.UniqueConstraint("clinic_id", "event_id", name=op.f("uq_audit_link_clinic_id_event_id")),
    )
    op.create_table(
        "audit_check",
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        *_tenant("audit_check"),
    )
    op.create_index("ix_audit_check_at", "audit_check", ["clinic_id", "checked_at"])
    protect("audit_link", append_only=True)
    protect("audit_check", append_only=True)


def _tenant(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f(f"fk_{table}_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("clinic_id", "id", name=op.f(f"uq_{table}_clinic_id_id")),
    )
