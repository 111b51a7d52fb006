"""Responses, their append-only answers, and the scores worked out from them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from surveys.db import Base, Tenant, tenant_keys, uuid7
from surveys.models.checks import one_of

MODES = ("self", "self_with_help", "tablet", "interview", "paper", "proxy", "imported")


class Response(Tenant, Base):
    """One instrument at one visit, with the wording it was asked in."""

    __tablename__ = "response"
    visit_id: Mapped[UUID]
    instrument: Mapped[str]
    mode: Mapped[str]
    language: Mapped[str]
    wording_hash: Mapped[str]
    started_at: Mapped[datetime]
    finalised_at: Mapped[datetime | None]
    finality: Mapped[str | None]  # submitted by a person, or unsent: complete when the window closed
    __table_args__ = (
        *tenant_keys(visit_id="visit"),
        UniqueConstraint("clinic_id", "visit_id", "instrument"),
        one_of("mode", *MODES),
        one_of("finality", "submitted", "unsent"),
        CheckConstraint("(finalised_at IS NULL) = (finality IS NULL)", name="final_has_a_moment"),
    )


class Answer(Base):
    """One acknowledged change of one item. Append-only: the newest row is the current answer."""

    __tablename__ = "answer"
    clinic_id: Mapped[UUID]
    id: Mapped[UUID] = mapped_column(default=uuid7)
    response_id: Mapped[UUID]
    item: Mapped[str]  # item code in scoring/instruments/
    status: Mapped[str]
    level: Mapped[int | None]  # None unless answered
    nonce: Mapped[UUID]  # from the form's token: a retry adds no row
    based_on: Mapped[UUID | None]  # the answer the person saw when changing it
    mode: Mapped[str]
    author_id: Mapped[UUID | None]  # None: the patient
    reason: Mapped[str | None]  # of an amendment
    answered_at: Mapped[datetime]
    __table_args__ = (
        PrimaryKeyConstraint("clinic_id", "id"),
        ForeignKeyConstraint(["clinic_id", "response_id"], ["response.clinic_id", "response.id"]),
        one_of("status", "answered", "declined", "cleared"),
        one_of("mode", *MODES),
        CheckConstraint("(status = 'answered') = (level IS NOT NULL)", name="level_when_answered"),
        Index("ix_answer_current", "clinic_id", "response_id", "item", "id"),
    )


class Score(Tenant, Base):
    """A scale's value. Never edited: an amendment adds a row with a higher ``amendment`` that supersedes."""

    __tablename__ = "score"
    response_id: Mapped[UUID]
    scale: Mapped[str]
    value: Mapped[float | None]  # None: not scorable, never 0
    n_answered: Mapped[int | None]
    rule_version: Mapped[str]
    value_set_id: Mapped[str | None]
    amendment: Mapped[int]
    scored_at: Mapped[datetime]
    __table_args__ = (
        *tenant_keys(response_id="response"),
        UniqueConstraint(
            "clinic_id",
            "response_id",
            "scale",
            "rule_version",
            "value_set_id",
            "amendment",
            name="uq_score_identity",
            postgresql_nulls_not_distinct=True,
        ),
    )
