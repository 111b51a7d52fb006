"""Whether this host's clock and the database's agree. While they do not, nothing is handed over.

Due times are the database's to judge. A database whose clock jumped would let a year's messages go at once; a second
clock that says otherwise is the only sign of it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from surveys.db import clinic_scope, db

APART = 300.0  # seconds; more than a clock drifts, less than any message is early


def apart(connection: Connection | Session) -> float:
    """Seconds by which this host's clock is before (negative) or after the database's."""
    there = connection.scalar(text("SELECT clock_timestamp()"))
    return float((datetime.now(UTC) - there).total_seconds()) if there else 0.0


def agree() -> bool:
    """Whether the two are near enough to hand messages over."""
    with clinic_scope(None), Session(db.engine) as session:
        return abs(apart(session)) <= APART
