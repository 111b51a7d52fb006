"""What opioids a patient takes, as staff record it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from surveys.db import Base, Tenant, tenant_keys
from surveys.models.checks import one_of

SAYS = ("takes", "none", "withdrawn")
ROUTES = ("oral", "transdermal", "other")
UNITS = ("mg", "mcg/h")
TAKES = "(says = 'takes') = (drug IS NOT NULL AND route IS NOT NULL AND unit IS NOT NULL AND as_needed IS NOT NULL)"


class OpioidDose(Tenant, Base):
    """One drug of a statement, or that no opioid is taken; a patient without a statement was not asked.

    Append-only: rows with one ``statement_id`` were recorded together and tell everything taken on ``on_date``. The
    newest statement of a day stands in place of those before it; one that says ``withdrawn`` takes them back and tells
    nothing. ``amount``: mg at a time, or micrograms an hour for a patch; None where not known, as ``times_a_day``.
    """

    __tablename__ = "opioid_dose"
    episode_id: Mapped[UUID]
    statement_id: Mapped[UUID]
    on_date: Mapped[date]
    says: Mapped[str]
    drug: Mapped[str | None]  # lower case, as in the table of factors; None unless it says "takes"
    route: Mapped[str | None]
    unit: Mapped[str | None]
    amount: Mapped[float | None]
    times_a_day: Mapped[float | None]
    as_needed: Mapped[bool | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[UUID]
    __table_args__ = (
        *tenant_keys(episode_id="episode", recorded_by="staff"),
        one_of("says", *SAYS),
        one_of("route", *ROUTES),
        one_of("unit", *UNITS),
        CheckConstraint("drug ~ '^[a-z][a-z -]{1,39}$'", name="drug_is_a_name"),
        CheckConstraint("amount > 0", name="amount_above_0"),
        CheckConstraint("times_a_day > 0", name="times_above_0"),
        CheckConstraint(TAKES, name="takes_names_a_drug"),
        Index("ix_opioid_dose_episode", "clinic_id", "episode_id", "on_date"),
    )
