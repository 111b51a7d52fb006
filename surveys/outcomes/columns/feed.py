"""What changed since columns were last read: one statement on the feed of changes.

A row of the feed carries the number of the transaction that wrote it. Numbers are given when a transaction first
writes and become visible when it commits, in another order: reading "beyond the last number seen" would miss whoever
began early and committed late. So the whole snapshot of the last reading is kept, and a row is new if the snapshot did
not see its transaction. Of those that it did see nothing is read again, however long another one stays open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

FEED = text("""
SELECT current_setting('backstory.clinic', true) AS clinic,
    (SELECT oid FROM pg_database WHERE datname = current_database()) AS database,
    pg_postmaster_start_time() AS started,
    pg_current_xact_id_if_assigned() IS NULL AND current_setting('transaction_isolation') = 'read committed' AS plain,
    pg_current_snapshot()::text AS snapshot,
    ARRAY(
        SELECT DISTINCT c.episode_id FROM outcome_change c
        WHERE c.transaction >= CAST(:oldest AS bigint)
            AND NOT pg_visible_in_snapshot(c.transaction::text::xid8, CAST(:since AS pg_snapshot))
        LIMIT :most
    ) AS changed
""")
NOTHING = "1:1:"  # the snapshot that saw no transaction at all


@dataclass(frozen=True, slots=True)
class Position:
    """How far the feed was read, and of which server: numbers of another one would mean nothing.

    ``plain``: whether what the session reads is what everybody would read, by now; not what it wrote itself and may
    take back, nor what stood when a long reading began.
    """

    clinic: str
    server: tuple[int, datetime]
    plain: bool
    snapshot: str


def read_feed(session: Session, since: str | None, most: int) -> tuple[Position, list[Any]]:
    """The present position, and the episodes that changed since a snapshot; of more than ``most`` so many."""
    wanted = {"oldest": _oldest(since) if since else 2**62, "since": since or NOTHING, "most": most}
    row = session.execute(FEED, wanted).one()
    return Position(row.clinic or "", (row.database, row.started), row.plain, row.snapshot), list(row.changed)


def _oldest(snapshot: str) -> int:
    """The oldest transaction that was under way, below which everything was seen."""
    return int(snapshot.partition(":")[0])


def is_later(snapshot: str, than: str) -> bool:
    """Whether a snapshot was not taken before another."""
    return int(snapshot.split(":")[1]) >= int(than.split(":")[1]) and _oldest(snapshot) >= _oldest(than)
