"""Which episodes changed in a way that figures show: the feed behind kept columns and stale claims."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, PrimaryKeyConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from surveys.db import Base


class OutcomeChange(Base):
    """One episode touched by one transaction; triggers write it, whoever changes the rows.

    ``transaction`` rises with time but becomes visible out of order: a reader starts again from the oldest
    transaction that was under way when it last read.
    """

    __tablename__ = "outcome_change"
    clinic_id: Mapped[UUID]
    transaction: Mapped[int] = mapped_column(BigInteger)
    episode_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    __table_args__ = (
        PrimaryKeyConstraint("clinic_id", "transaction", "episode_id"),
        ForeignKeyConstraint(["clinic_id"], ["clinic.id"]),
        Index("ix_outcome_change_at", "clinic_id", "at"),
    )
