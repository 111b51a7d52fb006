"""What a patient wants to be able to do again, in the patient's own words, and how far it is reached."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from surveys.db import Base, Tenant, tenant_keys
from surveys.models.checks import one_of


class Goal(Tenant, Base):
    """One goal of an episode. A changed goal is a new one: ratings belong to the words they were given for."""

    __tablename__ = "goal"
    episode_id: Mapped[UUID]
    words_enc: Mapped[bytes | None]  # None once the person is erased
    set_on: Mapped[date]
    set_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
    ended_on: Mapped[date | None]  # given up or replaced
    __table_args__ = (
        *tenant_keys(episode_id="episode", set_by="staff"),
        Index("ix_goal_episode", "clinic_id", "episode_id"),
    )


class GoalRating(Tenant, Base):
    """How far the goal is reached, as the patient says: 0 not at all, 10 fully.

    Append-only; the newest of a day counts.
    """

    __tablename__ = "goal_rating"
    goal_id: Mapped[UUID]
    visit_id: Mapped[UUID | None]
    on_date: Mapped[date]
    rating: Mapped[int]
    mode: Mapped[str]
    author_id: Mapped[UUID | None]
    recorded_at: Mapped[datetime]
    __table_args__ = (
        *tenant_keys(goal_id="goal", visit_id="visit", author_id="staff"),
        CheckConstraint("rating BETWEEN 0 AND 10", name="rating_in_range"),
        one_of("mode", "self", "interview", "paper"),
        Index("ix_goal_rating_goal", "clinic_id", "goal_id"),
    )
