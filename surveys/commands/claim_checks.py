"""A clinic's claims worked out again and compared with today's answers, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.db import app_now, clinic_session, real_now
from surveys.models import Claim
from surveys.outcomes.claims import stale, store
from surveys.outcomes.claims.standing import state_of
from surveys.outcomes.claims.verify import problems


@dataclass(frozen=True)
class Checked:
    """One claim. ``problems``: why it is not what it says; ``changes``: answers that changed under it."""

    number: int
    state: str
    statement: str
    problems: tuple[str, ...]
    changes: tuple[stale.Change, ...]


def check_clinic(clinic_id: UUID) -> Iterator[Checked]:
    """Work every claim out again, and mark those whose answers changed; what is withdrawn or broken is not compared."""
    with clinic_session(clinic_id) as session:
        numbers = session.scalars(select(Claim.number).order_by(Claim.number)).all()
    for number in numbers:
        with clinic_session(clinic_id) as session:
            checked = _check(session, number)
            session.commit()
        yield checked


def check_touched(clinic_id: UUID) -> int:
    """Compare the claims whose patients' answers changed lately; returns how many are stale by it."""
    with clinic_session(clinic_id) as session:
        numbers = [claim.number for claim in stale.touched(session)]
    return sum(_compare(clinic_id, number) for number in numbers)


def _compare(clinic_id: UUID, number: int) -> bool:
    with clinic_session(clinic_id) as session:
        claim = store.find(session, number)
        assert claim is not None  # noqa: S101 - claims are never deleted
        changed = stale.check(session, claim, now=app_now(session), checked_at=real_now(session))
        session.commit()
    return bool(changed)


def _check(session: Session, number: int) -> Checked:
    claim = store.find(session, number)
    assert claim is not None  # noqa: S101 - claims are never deleted
    signed, now = store.signatures(session, claim), app_now(session)
    found = tuple(problems(claim, signed))
    unfit = bool(found) or claim.withdrawn_at is not None
    changes = () if unfit else tuple(stale.check(session, claim, now=now, checked_at=real_now(session)))
    return Checked(number, state_of(claim, len(signed), now=now), claim.title, found, changes)
