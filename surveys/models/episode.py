"""A patient under a protocol: treatments, visits, endings and endpoints."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from surveys.db import Base, Tenant, tenant_keys
from surveys.models.checks import one_of

PAIN_GENERATORS = (
    "disc_herniation",
    "annular_tear",
    "bulge",
    "degeneration",
    "stenosis",
    "facet",
    "si_joint",
    "muscle_or_ligament",
)
ICD_10 = "^[A-Z][0-9][0-9A-Z]([.][0-9A-Z]{1,4})?$"
PRODUCTS = ("bone_marrow_concentrate", "prp", "platelet_lysate", "cultured_cells", "conventional", "other")
ENDINGS = ("reminders_stopped", "follow_up_stopped", "consent_withdrawn", "died", "lost")


class ProtocolVersion(Tenant, Base):
    """A protocol as loaded into a clinic: its TOML text and hash. A running episode keeps its version."""

    __tablename__ = "protocol_version"
    code: Mapped[str]
    version: Mapped[int]
    source: Mapped[str]  # TOML
    source_hash: Mapped[str]
    loaded_at: Mapped[datetime]
    __table_args__ = (*tenant_keys(), UniqueConstraint("clinic_id", "code", "version"))


class Episode(Tenant, Base):
    """One patient × protocol × arm. ``index_date`` is None until a treatment is confirmed done."""

    __tablename__ = "episode"
    patient_id: Mapped[UUID]
    protocol_id: Mapped[UUID]
    arm: Mapped[str]
    pain_generator: Mapped[str]
    diagnosis: Mapped[str | None]  # ICD-10, as M51.1
    clinician_id: Mapped[UUID | None]  # who treats
    enrolled_on: Mapped[date]
    index_date: Mapped[date | None]
    age: Mapped[int | None]  # years at enrolment
    bmi: Mapped[float | None]  # kg/m²
    opioid_use: Mapped[bool | None]
    smoking: Mapped[bool | None]
    created_at: Mapped[datetime]
    __table_args__ = (
        *tenant_keys(patient_id="patient", protocol_id="protocol_version", clinician_id="staff"),
        CheckConstraint(f"diagnosis ~ '{ICD_10}'", name="diagnosis_is_icd_10"),
        one_of("pain_generator", *PAIN_GENERATORS),
        CheckConstraint("age BETWEEN 0 AND 120", name="age_in_range"),
        CheckConstraint("bmi BETWEEN 10 AND 90", name="bmi_in_range"),
        Index("ix_episode_patient", "clinic_id", "patient_id"),
        Index("ix_episode_protocol", "clinic_id", "protocol_id"),
    )


class Treatment(Tenant, Base):
    """A treatment, planned, done or cancelled; only a done one moves the index date."""

    __tablename__ = "treatment"
    episode_id: Mapped[UUID]
    on_date: Mapped[date]
    product: Mapped[str]
    state: Mapped[str]
    levels: Mapped[str | None]  # as the clinic writes them: "L4-L5, L5-S1"
    total_nucleated_cells: Mapped[float | None]  # million
    cfu_f: Mapped[float | None]  # per ml
    cd34: Mapped[float | None]  # million
    platelets: Mapped[float | None]  # million per ml
    settled_at: Mapped[datetime | None]  # when staff said done or cancelled
    settled_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    __table_args__ = (
        *tenant_keys(episode_id="episode", settled_by="staff"),
        one_of("product", *PRODUCTS),
        one_of("state", "planned", "done", "cancelled"),
        Index("ix_treatment_episode", "clinic_id", "episode_id"),
        Index("ix_treatment_on", "clinic_id", "on_date"),
    )


class Visit(Tenant, Base):
    """A timepoint of one episode. Open, due and overdue are read from these moments, never stored."""

    __tablename__ = "visit"
    episode_id: Mapped[UUID]
    timepoint: Mapped[str]  # code: baseline, w2, m1 … or unscheduled-<n>
    due_on: Mapped[date]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]  # the patient's send
    closed_at: Mapped[datetime | None]  # window over, complete instruments finalised as unsent
    cancelled_at: Mapped[datetime | None]
    __table_args__ = (
        *tenant_keys(episode_id="episode"),
        UniqueConstraint("clinic_id", "episode_id", "timepoint"),
        CheckConstraint("opens_at < closes_at", name="opens_before_closing"),
        Index("ix_visit_closing", "clinic_id", "closes_at", postgresql_where="closed_at IS NULL"),
    )


class Ending(Tenant, Base):
    """Why contact or follow-up stopped; taking one back sets ``revoked_at``."""

    __tablename__ = "ending"
    episode_id: Mapped[UUID]
    kind: Mapped[str]
    on_date: Mapped[date]
    reason: Mapped[str | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None]  # None: the patient
    revoked_at: Mapped[datetime | None]
    __table_args__ = (
        *tenant_keys(episode_id="episode", recorded_by="staff"),
        one_of("kind", *ENDINGS),
        Index("ix_ending_episode", "clinic_id", "episode_id"),
    )


class Endpoint(Tenant, Base):
    """Something that happened to the patient: an operation, a further treatment, an adverse event."""

    __tablename__ = "endpoint"
    episode_id: Mapped[UUID]
    kind: Mapped[str]
    on_date: Mapped[date]
    severity: Mapped[int | None]  # 1 mild … 5 fatal
    details: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None]
    __table_args__ = (
        *tenant_keys(episode_id="episode", recorded_by="staff"),
        one_of("kind", "surgery", "further_treatment", "rescue_injection", "adverse_event"),
        CheckConstraint("severity BETWEEN 1 AND 5", name="severity_in_range"),
        Index("ix_endpoint_episode", "clinic_id", "episode_id"),
    )
