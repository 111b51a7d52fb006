"""How far behind the sealer and the verification of the audit are, for whoever runs the service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from surveys.access.chain.sealing import NOW_RUNNING, WHOLE, is_sealed, newest_seal
from surveys.db import made_at
from surveys.models import AuditCheck, AuditEvent, AuditSeal


@dataclass(frozen=True)
class Watched:
    """One clinic's audit, or the worst of several; ages in seconds.

    ``unsealed``: of the oldest event that waits for the sealer. ``unverified``: since the last verification, or the
    first seal where there was none yet. ``broken``: clinics whose last verification found something.
    """

    unsealed: float = 0.0
    unverified: float = 0.0
    broken: int = 0

    def and_of(self, other: Watched) -> Watched:
        """Both together."""
        unsealed, unverified = max(self.unsealed, other.unsealed), max(self.unverified, other.unverified)
        return Watched(unsealed, unverified, self.broken + other.broken)


def watch(session: Session, *, now: datetime) -> Watched:
    """Look at the bound clinic; ``now`` is the real clock's."""
    check = session.scalars(select(AuditCheck).order_by(AuditCheck.checked_at.desc()).limit(1)).one_or_none()
    since = check.checked_at if check else _first_sealed(session)
    waiting = _oldest_unsealed(session)
    return Watched(
        unsealed=(now - waiting).total_seconds() if waiting else 0.0,
        unverified=(now - since).total_seconds() if since else 0.0,
        broken=int(check is not None and check.problem is not None),
    )


def _first_sealed(session: Session) -> datetime | None:
    return session.scalar(select(AuditSeal.sealed_at).where(AuditSeal.position == 1))


def _oldest_unsealed(session: Session) -> datetime | None:
    """When the oldest event outside the chain was written; those before the last seal are a verification's matter."""
    last, cluster = newest_seal(session), session.execute(text(NOW_RUNNING)).one().cluster
    wanted = select(AuditEvent.id).where(~is_sealed())
    if last is not None and last.cluster == cluster and last.below != WHOLE:
        wanted = wanted.where(AuditEvent.txid >= last.below)
    oldest = session.scalar(wanted.order_by(AuditEvent.id).limit(1))
    return made_at(oldest) if oldest else None
