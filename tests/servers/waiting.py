"""Who waits for what a session of the test has locked."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")


def is_waited_for(session: Session) -> bool:
    """Return whether anybody waits for a lock that this session holds."""
    return bool(session.scalar(WAITING))
