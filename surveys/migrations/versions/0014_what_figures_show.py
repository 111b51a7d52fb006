"""What figures are counted by and of: diagnosis and clinician, chosen cohorts, plans, and which episodes changed."""

import sqlalchemy as sa
from alembic import op

from surveys.migrations.rights import APP, columns, protect, tenant_table

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ICD_10 = "^[A-Z][0-9][0-9A-Z]([.][0-9A-Z]{1,4})?$"
# Once for each transaction and episode, by whoever changes the rows: code that forgot to tell would show old figures.
NOTE = """
CREATE FUNCTION note_outcome_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE touched record;
BEGIN
    IF TG_OP = 'DELETE' THEN touched := OLD; ELSE touched := NEW; END IF;
    INSERT INTO outcome_change (clinic_id, transaction, episode_id)
        SELECT touched.clinic_id, pg_current_xact_id()::text::bigint, found.episode
        FROM ({episodes}) AS found (episode)
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
"""
OF_VISIT = "SELECT v.episode_id FROM visit v WHERE v.clinic_id = touched.clinic_id AND v.id = touched.visit_id"
OF_PATIENT = "SELECT e.id FROM episode e WHERE e.clinic_id = touched.clinic_id AND e.patient_id = touched.patient_id"
EPISODES = {
    "itself": "SELECT touched.id",
    "named": "SELECT touched.episode_id",
    "of_visit": OF_VISIT,
    "of_response": """SELECT v.episode_id FROM response r JOIN visit v ON v.clinic_id = r.clinic_id AND v.id = r.visit_id
        WHERE r.clinic_id = touched.clinic_id AND r.id = touched.response_id""",
    "of_person": OF_PATIENT.replace("touched.patient_id", "touched.id"),
    "of_patient": OF_PATIENT,
}
ANY = "INSERT OR UPDATE OR DELETE"
WATCHED = (  # table, how its episodes are found, what happens to it
    ("episode", "itself", "INSERT OR UPDATE"),
    ("treatment", "named", ANY),
    ("ending", "named", ANY),
    ("endpoint", "named", ANY),
    ("visit", "named", "INSERT OR UPDATE OF due_on, opens_at, closes_at, submitted_at, closed_at, cancelled_at"),
    ("response", "of_visit", "INSERT OR UPDATE OF mode, finalised_at, finality"),
    ("score", "of_response", "INSERT"),
    ("patient_session", "of_visit", "INSERT"),
    ("message", "of_visit", "UPDATE OF state"),
    ("patient", "of_person", "UPDATE OF sex, birth_year, time_zone, erased_at, withheld_at, merged_into"),
    ("consent", "of_patient", "INSERT OR UPDATE"),
)


def upgrade() -> None:
    op.add_column("episode", sa.Column("diagnosis", sa.String(), nullable=True))
    op.add_column("episode", sa.Column("clinician_id", sa.Uuid(), nullable=True))
    known = f"diagnosis ~ '{ICD_10}'"
    op.create_check_constraint("diagnosis_is_icd_10", "episode", known, postgresql_not_valid=True)
    pair = (["clinic_id", "clinician_id"], ["clinic_id", "id"])
    name = op.f("fk_episode_clinic_id_clinician_id")
    op.create_foreign_key(name, "episode", "staff", *pair, postgresql_not_valid=True)
    _versions("saved_cohort", "name", *columns(sa.String(), "filters filters_hash"), by="saved")
    _versions("analysis_plan", "protocol", *columns(sa.String(), "title content content_hash"), by="written")
    _changes()


def downgrade() -> None:
    for table, how, _when in WATCHED:
        op.execute(f"DROP TRIGGER {table}_{how}_changes ON {table}")
    for how in EPISODES:
        op.execute(f"DROP FUNCTION note_outcome_{how}")
    for table in ("outcome_change", "analysis_plan", "saved_cohort"):
        op.drop_table(table)
    op.drop_column("episode", "clinician_id")
    op.drop_column("episode", "diagnosis")


def _versions(table: str, named: str, *more: sa.Column[str], by: str) -> None:
    """A table whose rows are versions under a name, each fixed for good."""
    tenant_table(
        table,
        *columns(sa.String(), named),
        *columns(sa.Integer(), "version"),
        *more,
        *columns(sa.Uuid(), f"{by}_by"),
        *columns(MOMENT, f"{by}_at"),
        sa.CheckConstraint("version >= 1", name=op.f(f"ck_{table}_version_from_one")),
        sa.UniqueConstraint("clinic_id", named, "version", name=op.f(f"uq_{table}_clinic_id_{named}_version")),
        parents={f"{by}_by": "staff"},
    )
    protect(table, append_only=True)


def _changes() -> None:
    op.create_table(
        "outcome_change",
        *columns(sa.Uuid(), "clinic_id episode_id"),
        *columns(sa.BigInteger(), "transaction"),
        sa.Column("at", MOMENT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_outcome_change_clinic_id")),
        sa.PrimaryKeyConstraint("clinic_id", "transaction", "episode_id", name=op.f("pk_outcome_change")),
    )
    op.create_index("ix_outcome_change_at", "outcome_change", ["clinic_id", "at"], unique=False)
    protect("outcome_change")
    for how, episodes in EPISODES.items():
        op.execute(NOTE.replace("note_outcome_change()", f"note_outcome_{how}()").format(episodes=episodes))
        op.execute(f"GRANT EXECUTE ON FUNCTION note_outcome_{how}() TO {APP}")
    for table, how, when in WATCHED:
        sent = " WHEN (NEW.state = 'sent' AND OLD.state <> 'sent')" if table == "message" else ""
        op.execute(
            f"CREATE TRIGGER {table}_{how}_changes AFTER {when} ON {table} FOR EACH ROW{sent}"
            f" EXECUTE FUNCTION note_outcome_{how}()"
        )
