"""Answers that somebody should look at soon, who looks, and by when."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, SmallInteger, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from surveys.db import Base, Tenant, tenant_keys
from surveys.models.checks import one_of

ALERTS = ("deterioration", "red_flag", "anxiety_depression")


class AlertSettings(Tenant, Base):
    """Who answers for alerts, when, and what raises one. Without an enabled row nothing is ever raised."""

    __tablename__ = "alert_settings"
    owner_id: Mapped[UUID]
    deputy_id: Mapped[UUID]
    weekdays: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))  # 0 Monday … 6 Sunday, on which somebody looks
    hours_from: Mapped[time]
    hours_until: Mapped[time]
    respond_within_hours: Mapped[int]  # hours of those in which somebody looks
    rules: Mapped[dict[str, Any]] = mapped_column(JSONB)  # per kind: on or off; per scale: amount of worsening, source
    enabled_at: Mapped[datetime | None]  # None: off
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID]
    __table_args__ = (
        *tenant_keys(owner_id="staff", deputy_id="staff", changed_by="staff"),
        UniqueConstraint("clinic_id"),
        CheckConstraint("owner_id <> deputy_id", name="deputy_is_another"),
        CheckConstraint("hours_from < hours_until", name="hours_in_order"),
        CheckConstraint("respond_within_hours BETWEEN 1 AND 240", name="response_time_in_range"),
    )


class Alert(Tenant, Base):
    """One answer that met a rule: raised once, acknowledged by a named person, escalated when nobody does."""

    __tablename__ = "alert"
    response_id: Mapped[UUID]
    kind: Mapped[str]
    subject: Mapped[str]  # the scale or item
    rule: Mapped[str]  # in words, as it stood
    before: Mapped[float | None]
    after: Mapped[float | None]
    raised_at: Mapped[datetime]
    due_at: Mapped[datetime]  # by when somebody has to have looked
    escalated_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None]
    note: Mapped[str | None]
    __table_args__ = (
        *tenant_keys(response_id="response", acknowledged_by="staff"),
        UniqueConstraint("clinic_id", "response_id", "kind", "subject"),
        one_of("kind", *ALERTS),
        CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="acknowledged_by_somebody"),
        Index("ix_alert_open", "clinic_id", "due_at", postgresql_where="acknowledged_at IS NULL"),
    )
