"""What the service itself did last: a tick, a backup, a restore, a drill. No clinic's, and nothing personal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from surveys.db import Base
from surveys.models.checks import one_of


class Operation(Base):
    """The last time something of this kind was done, by the real clock; one row per kind."""

    __tablename__ = "operation"
    kind: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    details: Mapped[dict[str, Any]]
    __table_args__ = (one_of("kind", "tick", "backup", "restore", "drill"),)
