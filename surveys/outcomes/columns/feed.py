"""What changed since columns were last read: one statement on the feed of changes.

A row of the feed carries the number of the transaction that wrote it. Numbers are given when a transaction first
writes and become visible when it commits, in another order: reading "beyond the last number seen" would miss whoever
began early and committed late. So the whole snapshot of the last reading is kept, and a row is new if the snapshot did
not see its transaction. Of those that it did see nothing is read again, however long another one stays open.

The feed is kept for ``KEPT``. Whoever read it longer ago than ``TRUSTED`` has lost the place and reads the rows
themselves; the time between the two is for a transaction that took long to commit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text, tuple_
from sqlalchemy.orm import Session

from surveys.models import OutcomeChange

FEED = text("""
SELECT current_setting('backstory.clinic', true) AS clinic,
    (SELECT oid FROM pg_database WHERE datname = current_database()) AS database,
    pg_postmaster_start_time() AS started,
    pg_current_xact_id_if_assigned() IS NULL AND current_setting('transaction_isolation') = 'read committed' AS plain,
    pg_current_snapshot()::text AS snapshot,
    clock_timestamp() AS at,
    ARRAY(
        SELECT DISTINCT c.episode_id FROM outcome_change c
        WHERE c.transaction >= CAST(:oldest AS bigint)
            AND NOT pg_visible_in_snapshot(c.transaction::text::xid8, CAST(:since AS pg_snapshot))
        LIMIT :most
    ) AS changed
""")
KEPT = timedelta(days=7)
TRUSTED = timedelta(days=6)
AT_ONCE = 20_000  # rows of the feed that are removed in one transaction
NOTHING = "1:1:"  # the snapshot that saw no transaction at all


@dataclass(frozen=True, slots=True)
class Position:
    """How far the feed was read, when, and of which server: numbers of another one would mean nothing.

    ``plain``: whether what the session reads is what everybody would read, by now; not what it wrote itself and may
    take back, nor what stood when a long reading began.
    """

    clinic: str
    server: tuple[int, datetime]
    plain: bool
    snapshot: str
    at: datetime


def read_feed(session: Session, since: str | None, most: int) -> tuple[Position, list[Any]]:
    """The present position, and the episodes that changed since a snapshot; of more than ``most`` so many."""
    wanted = {"oldest": _oldest(since) if since else 2**62, "since": since or NOTHING, "most": most}
    row = session.execute(FEED, wanted).one()
    server = (row.database, row.started)
    return Position(row.clinic or "", server, row.plain, row.snapshot, row.at), list(row.changed)


def forget(session: Session, clinic_id: UUID, *, now: datetime) -> int:
    """Remove what is older than anybody goes on from, ``AT_ONCE`` rows at most; returns how many. Real clock."""
    key = (OutcomeChange.clinic_id, OutcomeChange.transaction, OutcomeChange.episode_id)
    old = select(*key).where(OutcomeChange.clinic_id == clinic_id, OutcomeChange.at < now - KEPT).limit(AT_ONCE)
    gone = delete(OutcomeChange).where(tuple_(*key).in_(old))
    return int(session.execute(gone.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]


def _oldest(snapshot: str) -> int:
    """The oldest transaction that was under way, below which everything was seen."""
    return int(snapshot.partition(":")[0])


def is_later(snapshot: str, than: str) -> bool:
    """Whether a snapshot was not taken before another."""
    return int(snapshot.split(":")[1]) >= int(than.split(":")[1]) and _oldest(snapshot) >= _oldest(than)
