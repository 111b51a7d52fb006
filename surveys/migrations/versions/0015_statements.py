"""Claims with their signatures, the public page and its keys; what 0014 began on episodes is validated."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from surveys.migrations.rights import APP, columns, protect, tenant_table

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KINDS = (
    "responders_two_arms",
    "responders_over_time",
    "battery_means",
    "opioid_change",
    "covariate_effects",
    "dose_response",
    "surgery_avoided",
    "percent_improvement",
    "perceived_effect",
    "case_report",
    "treatment_series",
    "trajectories",
    "complications",
    "functional_goal",
    "by_diagnosis",
)
PAGE = """
CREATE FUNCTION find_public_page(wanted text) RETURNS TABLE (clinic_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT p.clinic_id FROM public_page p WHERE p.slug = wanted AND p.opened_at IS NOT NULL $$
"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for constraint in ("ck_episode_diagnosis_is_icd_10", "fk_episode_clinic_id_clinician_id"):
            op.execute(f"ALTER TABLE episode VALIDATE CONSTRAINT {constraint}")
    _claim()
    _whose()
    _signatures()
    _publishing()


def downgrade() -> None:
    op.execute("DROP FUNCTION find_public_page(text)")
    for table in ("signing_key", "public_page", "claim_signature", "claim_episode", "claim"):
        op.drop_table(table)


def _claim() -> None:
    kinds = ", ".join(f"'{kind}'" for kind in KINDS)
    tenant_table(
        "claim",
        *columns(sa.Integer(), "number"),
        *columns(sa.String(), "kind title specification result result_hash rows rows_hash scorer_version"),
        *columns(sa.Uuid(), "cohort_id plan_id", nullable=True),
        *columns(sa.Uuid(), "made_by"),
        *columns(MOMENT, "data_as_of made_at expires_at checked_at"),
        *columns(MOMENT, "stale_at withdrawn_at public_at", nullable=True),
        *columns(JSONB(), "stale_changes", nullable=True),
        *columns(sa.Uuid(), "withdrawn_by", nullable=True),
        *columns(sa.String(), "withdrawal_reason", nullable=True),
        *columns(sa.Integer(), "public_position", nullable=True),
        sa.UniqueConstraint("clinic_id", "number", name=op.f("uq_claim_clinic_id_number")),
        sa.CheckConstraint(f"kind IN ({kinds})", name=op.f("ck_claim_kind_known")),
        sa.CheckConstraint(
            "(stale_at IS NULL) = (stale_changes IS NULL)", name=op.f("ck_claim_stale_says_what_changed")
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)", name=op.f("ck_claim_withdrawn_has_a_reason")
        ),
        sa.CheckConstraint("expires_at > made_at", name=op.f("ck_claim_expires_after_it_was_made")),
        parents={
            "cohort_id": "saved_cohort",
            "plan_id": "analysis_plan",
            "made_by": "staff",
            "withdrawn_by": "staff",
        },
    )
    protect("claim")


def _whose() -> None:
    pairs = [
        sa.ForeignKeyConstraint(
            ["clinic_id", f"{parent}_id"],
            [f"{parent}.clinic_id", f"{parent}.id"],
            name=op.f(f"fk_claim_episode_clinic_id_{parent}_id"),
        )
        for parent in ("claim", "episode")
    ]
    op.create_table(
        "claim_episode",
        *columns(sa.Uuid(), "clinic_id claim_id episode_id"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_claim_episode_clinic_id")),
        *pairs,
        sa.PrimaryKeyConstraint("clinic_id", "claim_id", "episode_id", name=op.f("pk_claim_episode")),
    )
    op.create_index("ix_claim_episode_episode", "claim_episode", ["clinic_id", "episode_id"], unique=False)
    protect("claim_episode")


def _signatures() -> None:
    tenant_table(
        "claim_signature",
        *columns(sa.Uuid(), "claim_id staff_id"),
        *columns(sa.String(), "result_hash"),
        *columns(MOMENT, "signed_at"),
        sa.UniqueConstraint(
            "clinic_id", "claim_id", "staff_id", name=op.f("uq_claim_signature_clinic_id_claim_id_staff_id")
        ),
        parents={"claim_id": "claim", "staff_id": "staff"},
    )
    protect("claim_signature", append_only=True)


def _publishing() -> None:
    tenant_table(
        "public_page",
        *columns(sa.String(), "slug"),
        *columns(MOMENT, "opened_at", nullable=True),
        *columns(MOMENT, "changed_at"),
        *columns(sa.Uuid(), "changed_by"),
        sa.UniqueConstraint("slug", name=op.f("uq_public_page_slug")),
        sa.UniqueConstraint("clinic_id", name=op.f("uq_public_page_clinic_id")),
        sa.CheckConstraint(
            "slug ~ '^[a-z0-9][a-z0-9-]{1,60}[a-z0-9]$'", name=op.f("ck_public_page_slug_fits_an_address")
        ),
        parents={"changed_by": "staff"},
    )
    protect("public_page", looked_up=True)
    op.execute(PAGE)
    op.execute("REVOKE ALL ON FUNCTION find_public_page(text) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION find_public_page(text) TO {APP}")
    tenant_table(
        "signing_key",
        *columns(sa.LargeBinary(), "public_key private_enc"),
        *columns(MOMENT, "made_at"),
        *columns(MOMENT, "retired_at", nullable=True),
        sa.CheckConstraint("octet_length(public_key) = 32", name=op.f("ck_signing_key_public_key_is_ed25519")),
    )
    protect("signing_key")
