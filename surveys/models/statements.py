"""What a clinic states about its outcomes: chosen cohorts, plans, claims with their signatures, and the public page."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from surveys.db import Base, Tenant, tenant_keys
from surveys.models.checks import one_of

CLAIM_KINDS = (
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


class SavedCohort(Tenant, Base):
    """A choice of patients under a name. A change is a new version; what used an older one keeps it. Append-only."""

    __tablename__ = "saved_cohort"
    name: Mapped[str]
    version: Mapped[int]
    filters: Mapped[str]  # the text of the filter language
    filters_hash: Mapped[str]  # SHA-256 of that text
    saved_by: Mapped[UUID]
    saved_at: Mapped[datetime]
    __table_args__ = (
        *tenant_keys(saved_by="staff"),
        UniqueConstraint("clinic_id", "name", "version"),
        CheckConstraint("version >= 1", name="version_from_one"),
    )


class RetiredCohort(Tenant, Base):
    """A name of saved choices with which nothing new is made. Its row goes when it is brought back."""

    __tablename__ = "retired_cohort"
    name: Mapped[str]  # of every version
    retired_by: Mapped[UUID]
    retired_at: Mapped[datetime]
    __table_args__ = (*tenant_keys(retired_by="staff"), UniqueConstraint("clinic_id", "name"))


class AnalysisPlan(Tenant, Base):
    """What will be looked at and how, fixed at a moment. Append-only: a change of mind is a new version."""

    __tablename__ = "analysis_plan"
    protocol: Mapped[str]  # code
    version: Mapped[int]
    title: Mapped[str]
    content: Mapped[str]  # canonical JSON: endpoints, cohort, comparisons, methods
    content_hash: Mapped[str]  # SHA-256 of it
    written_by: Mapped[UUID]
    written_at: Mapped[datetime]
    __table_args__ = (
        *tenant_keys(written_by="staff"),
        UniqueConstraint("clinic_id", "protocol", "version"),
        CheckConstraint("version >= 1", name="version_from_one"),
    )


class Claim(Tenant, Base):
    """A statement with all that it stands on. What was computed never changes; only its standing does."""

    __tablename__ = "claim"
    number: Mapped[int]  # in the clinic, from 1
    kind: Mapped[str]
    title: Mapped[str]
    specification: Mapped[str]  # canonical JSON: what to compute
    result: Mapped[str]  # canonical JSON: what was computed
    result_hash: Mapped[str]
    rows: Mapped[str]  # the frozen rows, canonical CSV by episode
    rows_hash: Mapped[str]
    cohort_id: Mapped[UUID | None]
    plan_id: Mapped[UUID | None]  # None: post hoc
    scorer_version: Mapped[str]
    data_as_of: Mapped[datetime]
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    checked_at: Mapped[datetime]  # the last time its rows were compared with today's
    stale_at: Mapped[datetime | None]
    stale_changes: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))  # what, by number
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None]
    withdrawal_reason: Mapped[str | None]
    public_at: Mapped[datetime | None]  # None: not on the public page
    public_position: Mapped[int | None]
    __table_args__ = (
        *tenant_keys(cohort_id="saved_cohort", plan_id="analysis_plan", made_by="staff", withdrawn_by="staff"),
        UniqueConstraint("clinic_id", "number"),
        one_of("kind", *CLAIM_KINDS),
        CheckConstraint("(stale_at IS NULL) = (stale_changes IS NULL)", name="stale_says_what_changed"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)", name="withdrawn_has_a_reason"),
        CheckConstraint("expires_at > made_at", name="expires_after_it_was_made"),
    )


class ClaimEpisode(Base):
    """Whose answers a claim stands on, so that a change finds the claims that depend on it."""

    __tablename__ = "claim_episode"
    clinic_id: Mapped[UUID]
    claim_id: Mapped[UUID]
    episode_id: Mapped[UUID]
    __table_args__ = (
        PrimaryKeyConstraint("clinic_id", "claim_id", "episode_id"),
        ForeignKeyConstraint(["clinic_id"], ["clinic.id"]),
        ForeignKeyConstraint(["clinic_id", "claim_id"], ["claim.clinic_id", "claim.id"]),
        ForeignKeyConstraint(["clinic_id", "episode_id"], ["episode.clinic_id", "episode.id"]),
        Index("ix_claim_episode_episode", "clinic_id", "episode_id"),
    )


class ClaimSignature(Tenant, Base):
    """One person's name under one result. Append-only; two different persons make a claim signed."""

    __tablename__ = "claim_signature"
    claim_id: Mapped[UUID]
    staff_id: Mapped[UUID]
    result_hash: Mapped[str]
    signed_at: Mapped[datetime]
    __table_args__ = (
        *tenant_keys(claim_id="claim", staff_id="staff"),
        UniqueConstraint("clinic_id", "claim_id", "staff_id"),
    )
