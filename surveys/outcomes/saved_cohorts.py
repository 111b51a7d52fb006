"""Choices of patients kept under a name. A changed choice is a new version; nothing that used an older one changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.db import uuid7
from surveys.models import SavedCohort
from surveys.outcomes.filter_text import hash_of, print_text
from surveys.outcomes.filters import Filters
from surveys.outcomes.retired_cohorts import RetiredError, is_retired, retired


def save(
    session: Session, clinic_id: UUID, name: str, filters: Filters, *, actor: Actor, now: datetime
) -> tuple[SavedCohort, bool]:
    """Keep a choice under a name, as its next version; returns it, and whether it is new.

    The same choice under the same name again is the version that stands; capital letters make no other name. Raises
    RetiredError for a name that is retired.
    """
    assert actor.id is not None  # noqa: S101 - staff sign in
    _wait_for(session, clinic_id, name)
    if is_retired(session, name):
        raise RetiredError(name)
    newest = _newest_of(session, name)
    if newest is not None and newest.filters_hash == hash_of(filters):
        return newest, False
    row = SavedCohort(
        clinic_id=clinic_id,
        id=uuid7(),
        name=newest.name if newest else name,
        version=newest.version + 1 if newest else 1,
        filters=print_text(filters),
        filters_hash=hash_of(filters),
        saved_by=actor.id,
        saved_at=now,
    )
    session.add(row)
    session.flush()
    what = {"name": row.name, "version": row.version, "filters": row.filters}
    record(session, clinic_id, actor, "cohort_saved", ("saved_cohort", row.id), now=now, new=what)
    return row, True


def _wait_for(session: Session, clinic_id: UUID, name: str) -> None:
    """Two who save under one name at once make two versions, one after the other."""
    text = f"saved choice {clinic_id} {name.lower()}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(text, 0))))


def _newest_of(session: Session, name: str) -> SavedCohort | None:
    versions = (
        select(SavedCohort).where(func.lower(SavedCohort.name) == func.lower(name)).order_by(SavedCohort.version.desc())
    )
    return session.scalars(versions.limit(1)).one_or_none()


def newest(session: Session) -> Sequence[SavedCohort]:
    """The newest version of every name, by name."""
    one_each = select(SavedCohort).ext(distinct_on(SavedCohort.name))
    return session.scalars(one_each.order_by(SavedCohort.name, SavedCohort.version.desc())).all()


def offered(session: Session, protocol: str) -> list[SavedCohort]:
    """The versions of a protocol that something new can be made with, by name, the newest of each first."""
    away, of_protocol = retired(session), f"protocol={protocol}"
    return [row for row in _versions(session) if row.name not in away and of_protocol in row.filters.split()]


def earlier(session: Session) -> dict[str, list[SavedCohort]]:
    """The versions before the newest of every name, the newest of them first."""
    found: dict[str, list[SavedCohort]] = {}
    for row in _versions(session):
        found.setdefault(row.name, []).append(row)
    return {name: rows[1:] for name, rows in found.items()}


def _versions(session: Session) -> Sequence[SavedCohort]:
    return session.scalars(select(SavedCohort).order_by(SavedCohort.name, SavedCohort.version.desc())).all()


def find(session: Session, cohort_id: UUID) -> SavedCohort | None:
    """One version by its id; another clinic's is as unknown as none."""
    return session.scalars(select(SavedCohort).where(SavedCohort.id == cohort_id)).one_or_none()
