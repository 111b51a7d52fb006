"""The sealer: takes audit rows that are committed for good into the chain, each exactly once.

A row carries the 64-bit number of its transaction. Rows below the lowest number still running are all there, whatever
the order in which they were committed, so the next run begins at that number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, exists, insert, select, text
from sqlalchemy.orm import Session

from surveys.access.chain.audit_chain import beginning, chained
from surveys.db import real_now
from surveys.models import AuditEvent, AuditLink, AuditSeal

BATCH = 5000  # events in one seal
WHOLE = 0  # ``below`` of a run that looked at every row and has not come to the end
EVENT = AuditEvent.__table__.columns
LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('audit ' || :clinic, 0))"
NOW_RUNNING = """
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS lowest,
       (pg_control_system()).system_identifier AS cluster
"""


def seal(session: Session, clinic_id: UUID, *, limit: int = BATCH) -> int:
    """Seal the bound clinic's next events and return how many; 0 at the end, and where another sealer is at work."""
    if not session.scalar(text(LOCK), {"clinic": str(clinic_id)}):
        return 0
    last = newest_seal(session)
    running = session.execute(text(NOW_RUNNING)).one()  # before the rows are read: what is below has ended by then
    whole = last is None or last.cluster != running.cluster or last.below == WHOLE
    rows = session.execute(_all_unsealed(limit) if whole else _unsealed(last, running.lowest, limit)).all()
    if rows:
        below = running.lowest if len(rows) < limit else WHOLE if whole else rows[-1].txid
        _add(session, clinic_id, last, rows, below=below, cluster=running.cluster)
    return len(rows)


def newest_seal(session: Session) -> AuditSeal | None:
    """The bound clinic's last seal."""
    return session.scalars(select(AuditSeal).order_by(AuditSeal.position.desc()).limit(1)).one_or_none()


def is_sealed() -> Any:
    """Whether a row of ``audit_event`` has its link."""
    return exists().where(AuditLink.clinic_id == AuditEvent.clinic_id, AuditLink.event_id == AuditEvent.id)


def _all_unsealed(limit: int) -> Select[Any]:
    """The first run, or one on a restored copy, whose numbers begin elsewhere: every row that has no link."""
    return select(*EVENT).where(~is_sealed()).order_by(AuditEvent.id).limit(limit)


def _unsealed(last: AuditSeal | None, lowest: int, limit: int) -> Select[Any]:
    assert last is not None  # noqa: S101 - without a seal the whole table is read
    passed = (AuditEvent.txid >= last.below, AuditEvent.txid < lowest)
    return select(*EVENT).where(*passed, ~is_sealed()).order_by(AuditEvent.txid, AuditEvent.id).limit(limit)


def _add(
    session: Session, clinic_id: UUID, last: AuditSeal | None, rows: Sequence[Row[Any]], *, below: int, cluster: int
) -> None:
    first, chain_hash = (last.last_sequence + 1, last.chain_hash) if last else (1, beginning(clinic_id))
    links: list[dict[str, Any]] = []
    for sequence, event in enumerate(rows, start=first):
        chain_hash = chained(chain_hash, event)
        link = {"clinic_id": clinic_id, "sequence": sequence, "event_id": event.id, "chain_hash": chain_hash}
        links.append(link)
    session.execute(insert(AuditLink), links)
    session.add(
        AuditSeal(
            clinic_id=clinic_id,
            position=last.position + 1 if last else 1,
            last_event_id=rows[-1].id,
            last_sequence=first + len(rows) - 1,
            events=len(rows),
            below=below,
            cluster=cluster,
            chain_hash=chain_hash,
            sealed_at=real_now(session),
        )
    )
    session.flush()
