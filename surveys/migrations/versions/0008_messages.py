"""Messages: every step with its time and cause, messages by SMS, messages that go together, days without sending."""

import sqlalchemy as sa
from alembic import op

from surveys.migrations.rights import every_clinics, protect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

APP = "backstory_app"
MOMENT = sa.DateTime(timezone=True)
ANSWERED = "'reached', 'promised', 'no_answer', 'voicemail', 'wrong_number', 'declined', 'interviewed', 'other'"
CONSENTS = "'contact_email', 'contact_phone', 'participation', 'research', 'public_aggregates'"


def upgrade() -> None:
    """The tables that no patient's answer reads come first: waiting for those keeps nobody from the others."""
    op.add_column("staff_task", sa.Column("next_try_on", sa.Date(), nullable=True))
    op.add_column("staff_task_log", sa.Column("outcome", sa.String(), nullable=True))
    op.create_check_constraint("outcome_known", "staff_task_log", f"outcome IN ({ANSWERED})", postgresql_not_valid=True)
    for name in ("planned_at", "claimed_at", "sending_at"):
        op.add_column("message", sa.Column(name, MOMENT, nullable=True))
    op.add_column("message", sa.Column("cause", sa.String(), nullable=True))
    op.add_column("message", sa.Column("reply", sa.String(), nullable=True))
    op.add_column("message", sa.Column("carried_by", sa.Uuid(), nullable=True))
    _known("message", "channel", "'email', 'sms', 'staff'")
    _known("patient", "channel", "'email', 'sms', 'none'")
    _known("consent", "kind", f"{CONSENTS}, 'contact_sms'")
    op.add_column("patient", sa.Column("paused_until", MOMENT, nullable=True))
    op.add_column("clinic", sa.Column("send_on_weekends", sa.Boolean(), nullable=False, server_default=sa.true()))
    _holidays()
    _suppressed_phones()
    _buckets()


def downgrade() -> None:
    for table in ("relay_bucket", "suppressed_phone", "clinic_holiday"):
        op.drop_table(table)
    op.drop_constraint(op.f("ck_staff_task_log_outcome_known"), "staff_task_log", type_="check")
    op.drop_column("staff_task_log", "outcome")
    op.drop_column("staff_task", "next_try_on")
    op.drop_column("clinic", "send_on_weekends")
    op.drop_column("patient", "paused_until")
    with every_clinics("consent", "patient", "message"):
        op.execute("DELETE FROM consent WHERE kind = 'contact_sms'")
        op.execute("UPDATE patient SET channel = 'none' WHERE channel = 'sms'")
        op.execute("UPDATE message SET channel = 'staff' WHERE channel = 'sms'")
    _known("consent", "kind", CONSENTS)
    _known("patient", "channel", "'email', 'none'")
    _known("message", "channel", "'email', 'staff'")
    for name in ("carried_by", "reply", "cause", "sending_at", "claimed_at", "planned_at"):
        op.drop_column("message", name)


def _known(table: str, column: str, values: str) -> None:
    """Widen what a column may hold; 0009 validates it while the service runs."""
    op.drop_constraint(op.f(f"ck_{table}_{column}_known"), table, type_="check")
    op.create_check_constraint(f"{column}_known", table, f"{column} IN ({values})", postgresql_not_valid=True)


def _tenant(table: str, *columns: sa.Column) -> None:
    op.create_table(
        table,
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f(f"fk_{table}_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("clinic_id", "id", name=op.f(f"uq_{table}_clinic_id_id")),
        sa.UniqueConstraint("clinic_id", columns[0].name, name=op.f(f"uq_{table}_clinic_id_{columns[0].name}")),
    )
    protect(table)


def _holidays() -> None:
    day, name = sa.Column("on_date", sa.Date(), nullable=False), sa.Column("name", sa.String(), nullable=False)
    _tenant("clinic_holiday", day, name)


def _suppressed_phones() -> None:
    index = sa.Column("phone_index", sa.LargeBinary(), nullable=False)
    reason, at = sa.Column("reason", sa.String(), nullable=False), sa.Column("at", MOMENT, nullable=False)
    _tenant("suppressed_phone", index, reason, at)


def _buckets() -> None:
    op.create_table(
        "relay_bucket",
        sa.Column("relay", sa.String(), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("refilled_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("relay", name=op.f("pk_relay_bucket")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON relay_bucket TO {APP}")
