"""What staff changed after the answers were sent: old level, new level, who, when, why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.models import Answer, Response, Staff


@dataclass(frozen=True)
class Amendment:
    """One item that was changed; a level of None is "no answer". ``by``: None where the account is gone."""

    item: str
    before: int | None
    after: int | None
    reason: str
    by: str | None
    at: datetime


def amendments_of(session: Session, response: Response) -> list[Amendment]:
    """The amendments of a response, the newest first."""
    theirs = select(Answer).where(Answer.clinic_id == response.clinic_id, Answer.response_id == response.id)
    rows = session.scalars(theirs.order_by(Answer.answered_at, Answer.id)).all()
    staff = select(Staff).where(Staff.id.in_({row.author_id for row in rows if row.author_id}))
    names: dict[UUID | None, str] = {person.id: person.name for person in session.scalars(staff)}
    return [
        Amendment(
            row.item,
            _before(rows, row),
            row.level,
            row.reason,
            names.get(row.author_id),
            row.answered_at,
        )
        for row in reversed(rows)
        if row.reason is not None
    ]


def _before(rows: Sequence[Answer], row: Answer) -> int | None:
    """The level that the amendment was based on."""
    return next((other.level for other in rows if other.id == row.based_on), None)
