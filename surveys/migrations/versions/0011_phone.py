"""The patient's screens: how each was used, a language for one device, short-lived links, entry by staff, tasks."""

import sqlalchemy as sa
from alembic import op

from surveys.migrations.rights import protect

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TASKS = "'phone', 'no_channel', 'bounced', 'unknown_handover', 'failed_message', 'birth_year', 'erasure_wish'"
RESPONDENTS = "'self', 'self_with_help', 'proxy', 'tablet'"
COUNTS = ("first_input_ms", "confirmed_ms", "changes", "slips", "backs")
SIZES = ("viewport_width", "viewport_height", "row_height", "text_size")
WORDS = {
    "orientation": "'portrait', 'landscape'",
    "pointer": "'touch', 'mouse', 'pen', 'keyboard'",
    "input_path": "'typed', 'tapped', 'stepped'",
}

# Beside save_answer of 0002, which an older version calls until every process is the new one.
SAVE = """
CREATE FUNCTION save_screen(clinic uuid, link uuid, of_visit uuid, until timestamptz, of_instrument text,
    shown_in text, shown_wording text, asked text, new_status text, new_level integer, form_nonce uuid, seen uuid,
    by_mode text, author uuid, new_response uuid, new_id uuid, used jsonb,
    OUT outcome text, OUT protocol text, OUT planned_as text)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE held record; seat record; kept uuid;
BEGIN
    SELECT r.id, r.finalised_at INTO held FROM response r
        WHERE r.clinic_id = clinic AND r.visit_id = of_visit AND r.instrument = of_instrument FOR NO KEY UPDATE;
    IF held.id IS NULL THEN
        PERFORM FROM visit v WHERE v.clinic_id = clinic AND v.id = of_visit FOR SHARE;
    END IF;
    SELECT s.state, s.now, s.protocol_hash, s.timepoint INTO seat FROM sitting_of(link) s WHERE s.visit_id = of_visit;
    outcome := CASE WHEN seat.state IS NULL THEN 'unknown' WHEN seat.state = 'sent' OR held.finalised_at IS NOT NULL THEN 'sent'
        WHEN seat.state = 'open' AND seat.now < until THEN 'saved' ELSE 'over' END;
    protocol := seat.protocol_hash;
    planned_as := seat.timepoint;
    IF outcome <> 'saved' THEN
        RETURN;
    END IF;
    IF held.id IS NULL THEN
        INSERT INTO response (clinic_id, id, visit_id, instrument, mode, language, wording_hash, started_at)
            VALUES (clinic, new_response, of_visit, of_instrument, by_mode, shown_in, shown_wording, seat.now)
            ON CONFLICT DO NOTHING;
        SELECT r.id INTO held FROM response r
            WHERE r.clinic_id = clinic AND r.visit_id = of_visit AND r.instrument = of_instrument FOR NO KEY UPDATE;
    END IF;
    kept := append_answer(clinic, held.id, asked, new_id, new_status, new_level, form_nonce, seen, by_mode, author, NULL, seat.now);
    INSERT INTO screen_use SELECT u.* FROM jsonb_populate_record(NULL::screen_use, used || jsonb_build_object(
            'clinic_id', clinic, 'answer_id', kept, 'recorded_at', clock_timestamp(),
            'language', shown_in, 'wording_hash', shown_wording)) u
        ON CONFLICT DO NOTHING;
END $$
"""


def upgrade() -> None:
    op.add_column("patient_link", sa.Column("expires_at", MOMENT, nullable=True))
    op.add_column("patient_session", sa.Column("language", sa.String(), nullable=True))
    op.add_column("patient_session", sa.Column("staff_id", sa.Uuid(), nullable=True))
    kiosk = sa.Column("kiosk", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("patient_session", kiosk)
    op.create_foreign_key(
        op.f("fk_patient_session_clinic_id_staff_id"),
        "patient_session",
        "staff",
        ["clinic_id", "staff_id"],
        ["clinic_id", "id"],
        postgresql_not_valid=True,
    )
    _known("staff_task", "kind", f"{TASKS}, 'language'")
    _known("patient_session", "respondent", f"{RESPONDENTS}, 'interview', 'paper'")
    _screen_use()
    op.execute(SAVE)


def downgrade() -> None:
    op.execute("DROP FUNCTION save_screen")
    op.drop_table("screen_use")
    for table, column in (("staff_task", "kind"), ("patient_session", "respondent")):
        op.drop_constraint(op.f(f"ck_{table}_{column}_known"), table, type_="check")
    _hold_to("staff_task", "kind", TASKS)
    _hold_to("patient_session", "respondent", RESPONDENTS)
    op.drop_constraint(op.f("fk_patient_session_clinic_id_staff_id"), "patient_session", type_="foreignkey")
    for name in ("kiosk", "staff_id", "language"):
        op.drop_column("patient_session", name)
    op.drop_column("patient_link", "expires_at")


def _known(table: str, column: str, values: str) -> None:
    """Widen what a column may hold; what stands fits the wider check, and 0012 validates it."""
    op.drop_constraint(op.f(f"ck_{table}_{column}_known"), table, type_="check")
    _hold_to(table, column, values)


def _hold_to(table: str, column: str, values: str) -> None:
    op.create_check_constraint(f"{column}_known", table, f"{column} IN ({values})", postgresql_not_valid=True)


def _screen_use() -> None:
    op.create_table(
        "screen_use",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("language", "wording_hash", "layout", "app_version")
        ),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in (*COUNTS, *SIZES)),
        *(sa.Column(name, sa.String(), nullable=True) for name in WORDS),
        sa.Column("translated", sa.Boolean(), nullable=True),
        sa.Column("queued", sa.Boolean(), nullable=False),
        *(
            sa.CheckConstraint(f"{name} IN ({codes})", name=op.f(f"ck_screen_use_{name}_known"))
            for name, codes in WORDS.items()
        ),
        sa.CheckConstraint("changes >= 0 AND slips >= 0 AND backs >= 0", name=op.f("ck_screen_use_counted")),
        sa.CheckConstraint("first_input_ms >= 0 AND confirmed_ms >= 0", name=op.f("ck_screen_use_timed")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "answer_id"],
            ["answer.clinic_id", "answer.id"],
            name=op.f("fk_screen_use_clinic_id_answer_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "answer_id", name=op.f("pk_screen_use")),
    )
    protect("screen_use", append_only=True)
