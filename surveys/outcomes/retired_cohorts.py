"""Saved choices that nothing new is made with: a whole name at a time, until it is brought back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.db import uuid7
from surveys.models import RetiredCohort, SavedCohort


class RetiredError(ValueError):
    """Something new was to be made with a choice that is retired."""


def retired(session: Session) -> dict[str, RetiredCohort]:
    """By name: who retired the choice, and when."""
    return {row.name: row for row in session.scalars(select(RetiredCohort))}


def is_retired(session: Session, name: str) -> bool:
    """Whether nothing new is made under this name; capital letters make no other name."""
    wanted = select(RetiredCohort.id).where(func.lower(RetiredCohort.name) == func.lower(name))
    return session.scalar(wanted.limit(1)) is not None


def retire(session: Session, cohort: SavedCohort, *, actor: Actor, now: datetime) -> bool:
    """Retire every version of the name; returns whether it was in use until now."""
    row = {"clinic_id": cohort.clinic_id, "id": uuid7(), "name": cohort.name}
    new = insert(RetiredCohort).values(**row, retired_by=actor.staff_id, retired_at=now).on_conflict_do_nothing()
    if session.scalar(new.returning(RetiredCohort.id)) is None:
        return False
    _note(session, cohort, "cohort_retired", actor, now)
    return True


def bring_back(session: Session, cohort: SavedCohort, *, actor: Actor, now: datetime) -> bool:
    """Let the name be used again; returns whether it was retired."""
    gone = delete(RetiredCohort).where(RetiredCohort.clinic_id == cohort.clinic_id, RetiredCohort.name == cohort.name)
    if session.scalar(gone.returning(RetiredCohort.id)) is None:
        return False
    _note(session, cohort, "cohort_brought_back", actor, now)
    return True


def _note(session: Session, cohort: SavedCohort, action: str, actor: Actor, now: datetime) -> None:
    what, of = {"name": cohort.name}, ("saved_cohort", cohort.id)
    record(session, cohort.clinic_id, actor, action, of, now=now, new=what)
