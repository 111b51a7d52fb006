"""Staff access: invitations by mail, second factor, recovery codes, institutions' sign-in, tries by kind."""

import sqlalchemy as sa
from alembic import op

from surveys.migrations.rights import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
DEFINER = "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp"
FIND = f"CREATE OR REPLACE FUNCTION find_login(wanted text) RETURNS TABLE (clinic_id uuid, staff_id uuid) {DEFINER} AS"
LOGIN = "SELECT s.clinic_id, s.id FROM staff s WHERE s.login = wanted"
IDENTITY = "SELECT i.clinic_id, i.staff_id FROM staff_identity i WHERE i.key = wanted"
DUE = (
    "CREATE OR REPLACE FUNCTION clinics_due(at timestamptz) RETURNS TABLE (clinic_id uuid, oldest_due timestamptz)"
    f" {DEFINER} AS $$ SELECT d.clinic_id, min(d.due) FROM ("
    " SELECT m.clinic_id, m.due_at AS due FROM message m WHERE m.state = 'planned' AND m.due_at <= at"
    " UNION ALL SELECT m.clinic_id, m.due_at FROM message m WHERE m.state IN ('claimed', 'sending')"
    " UNION ALL SELECT v.clinic_id, NULL FROM visit v WHERE v.closed_at IS NULL AND v.closes_at <= at"
    " UNION ALL SELECT j.clinic_id, NULL FROM job j WHERE j.state = 'waiting'"
)
# Mail to staff is due by the real clock; its age is told on the caller's, which may be shifted in the demo.
STAFF_DUE = (
    " UNION ALL SELECT s.clinic_id, s.due_at + (at - clock_timestamp()) FROM staff_mail s"
    " WHERE s.state IN ('claimed', 'sending') OR (s.state = 'planned' AND s.due_at <= clock_timestamp())"
)
END = ") d GROUP BY d.clinic_id $$"
NEW = ("staff_factor", "recovery_code", "pending_sign_in", "staff_identity", "staff_link", "staff_mail")
PURPOSES = "purpose IN ('invitation', 'password_reset')"
STATES = "state IN ('planned', 'claimed', 'sending', 'held', 'sent', 'refused', 'cancelled', 'expired', 'unknown')"


def upgrade() -> None:
    _accounts()
    _second_factor()
    _sign_in()
    _mail()
    for table in NEW:
        protect(table, looked_up=table in ("staff_identity", "staff_mail"))
    op.execute(f"{FIND} '{LOGIN} UNION ALL {IDENTITY}'")
    op.execute(DUE + STAFF_DUE + END)


def _accounts() -> None:
    op.alter_column("staff", "password_hash", existing_type=sa.String(), nullable=True)
    op.add_column("staff", sa.Column("email_enc", sa.LargeBinary(), nullable=True))
    op.add_column("staff_session", sa.Column("authenticated_at", MOMENT, nullable=True))
    op.add_column("staff_session", sa.Column("method", sa.String(), server_default="password", nullable=False))
    op.add_column("staff_session", sa.Column("browser", sa.String(), nullable=True))
    op.create_check_constraint(
        op.f("ck_staff_session_method_known"), "staff_session", "method IN ('password', 'institution')"
    )
    op.create_index("ix_staff_session_person", "staff_session", ["clinic_id", "staff_id"], unique=False)
    op.add_column("login_attempt", sa.Column("kind", sa.String(), server_default="password", nullable=False))


def _second_factor() -> None:
    op.create_table(
        "staff_factor",
        sa.Column("secret_enc", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("removed_at", MOMENT, nullable=True),
        *_of_a_person("staff_factor"),
    )
    op.create_index(
        "uq_staff_factor_in_use",
        "staff_factor",
        ["clinic_id", "staff_id"],
        unique=True,
        postgresql_where="confirmed_at IS NOT NULL AND removed_at IS NULL",
    )
    op.create_table(
        "recovery_code",
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        *_of_a_person("recovery_code"),
    )
    op.create_index("ix_recovery_code_staff", "recovery_code", ["clinic_id", "staff_id"], unique=False)


def _sign_in() -> None:
    op.create_table(
        "pending_sign_in",
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        *_of_a_person("pending_sign_in"),
    )
    op.create_index("ix_pending_sign_in_digest", "pending_sign_in", ["token_digest"], unique=True)
    op.create_table(
        "staff_identity",
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        *_of_a_person("staff_identity"),
        sa.UniqueConstraint("clinic_id", "staff_id", name=op.f("uq_staff_identity_clinic_id_staff_id")),
        sa.UniqueConstraint("key", name=op.f("uq_staff_identity_key")),
    )


def _mail() -> None:
    op.create_table(
        "staff_link",
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        *_of_a_person("staff_link"),
        sa.CheckConstraint(PURPOSES, name=op.f("ck_staff_link_purpose_known")),
    )
    op.create_index("ix_staff_link_digest", "staff_link", ["token_digest"], unique=True)
    op.create_index("ix_staff_link_staff", "staff_link", ["clinic_id", "staff_id"], unique=False)
    op.create_table(
        "staff_mail",
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("request", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("refusal", sa.String(), nullable=True),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        *_of_a_person("staff_mail"),
        sa.CheckConstraint(PURPOSES, name=op.f("ck_staff_mail_purpose_known")),
        sa.CheckConstraint(STATES, name=op.f("ck_staff_mail_state_known")),
        sa.CheckConstraint(
            "(state = 'refused') = (refusal IS NOT NULL)", name=op.f("ck_staff_mail_refusal_has_a_reason")
        ),
        sa.UniqueConstraint(
            "clinic_id", "staff_id", "purpose", "request", name=op.f("uq_staff_mail_clinic_id_staff_id_purpose_request")
        ),
    )
    op.create_index(
        "ix_staff_mail_waiting",
        "staff_mail",
        ["clinic_id", "due_at"],
        unique=False,
        postgresql_where="state IN ('planned', 'claimed', 'sending')",
    )


def _of_a_person(table: str) -> tuple[sa.Column | sa.Constraint, ...]:
    return (
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "staff_id"], ["staff.clinic_id", "staff.id"], name=op.f(f"fk_{table}_clinic_id_staff_id")
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f(f"fk_{table}_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("clinic_id", "id", name=op.f(f"uq_{table}_clinic_id_id")),
    )


def downgrade() -> None:
    op.execute(f"{FIND} '{LOGIN}'")
    op.execute(DUE + END)
    for table in reversed(NEW):
        op.drop_table(table)
    op.execute("DELETE FROM staff WHERE password_hash IS NULL")
    op.drop_column("login_attempt", "kind")
    op.drop_index("ix_staff_session_person", "staff_session")
    op.drop_constraint("ck_staff_session_method_known", "staff_session")
    for column in ("browser", "method", "authenticated_at"):
        op.drop_column("staff_session", column)
    op.drop_column("staff", "email_enc")
    op.alter_column("staff", "password_hash", existing_type=sa.String(), nullable=False)
