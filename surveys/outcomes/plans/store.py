"""Plans as they are kept: each change is a new version, and no version changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.db import uuid7
from surveys.models import AnalysisPlan
from surveys.outcomes.plans.canonical import digest
from surveys.outcomes.plans.content import PlanContent


def write(
    session: Session, clinic_id: UUID, protocol: str, title: str, content: PlanContent, *, actor: Actor, now: datetime
) -> tuple[AnalysisPlan, bool]:
    """Keep a plan as the protocol's next version; returns it, and whether it is new."""
    assert actor.id is not None  # noqa: S101 - staff sign in
    standing = versions(session, protocol)
    hashed = digest(content.text)
    if standing and (standing[0].content_hash, standing[0].title) == (hashed, title):
        return standing[0], False
    row = AnalysisPlan(
        clinic_id=clinic_id,
        id=uuid7(),
        protocol=protocol,
        version=standing[0].version + 1 if standing else 1,
        title=title,
        content=content.text,
        content_hash=hashed,
        written_by=actor.id,
        written_at=now,
    )
    session.add(row)
    session.flush()
    what = {"protocol": protocol, "version": row.version, "hash": hashed}
    record(session, clinic_id, actor, "plan_written", ("analysis_plan", row.id), now=now, new=what)
    return row, True


def versions(session: Session, protocol: str) -> Sequence[AnalysisPlan]:
    """Every version of a protocol's plan, the newest first."""
    wanted = select(AnalysisPlan).where(AnalysisPlan.protocol == protocol)
    return session.scalars(wanted.order_by(AnalysisPlan.version.desc())).all()


def newest(session: Session) -> Sequence[AnalysisPlan]:
    """The newest version of each protocol's plan."""
    wanted = select(AnalysisPlan).ext(distinct_on(AnalysisPlan.protocol))
    return session.scalars(wanted.order_by(AnalysisPlan.protocol, AnalysisPlan.version.desc())).all()


def find(session: Session, plan_id: UUID) -> AnalysisPlan | None:
    """One version by its id; another clinic's is as unknown as none."""
    return session.scalars(select(AnalysisPlan).where(AnalysisPlan.id == plan_id)).one_or_none()
