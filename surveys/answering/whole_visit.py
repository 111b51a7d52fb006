"""A whole visit's answers at once: the rules of ``responses.record_answer`` in five statements, however many items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from surveys.answering.answers import (
    AlreadySent,
    Current,
    WindowClosed,
    answer_values,
    check_level,
    current_answers,
)
from surveys.db import uuid7
from surveys.models import Answer, Response, Visit

RESPONSES, ANSWERS = cast("Table", Response.__table__), cast("Table", Answer.__table__)


@dataclass(frozen=True)
class Sheet:
    """The answers to one instrument and the wording they were given to."""

    language: str
    wording_hash: str
    levels: Mapping[str, int]


def record_visit(
    session: Session,
    visit: Visit,
    sheets: Mapping[str, Sheet],
    *,
    mode: str,
    author_id: UUID | None,
    now: datetime,
) -> None:
    """Append every sheet's answers, by instrument code.

    Raises AlreadySent after submission, WindowClosed for a patient after the window.
    """
    for instrument, sheet in sheets.items():
        for item, level in sheet.levels.items():
            check_level(instrument, item, "answered", level)
    _hold_visit(session, visit, by_staff=author_id is not None)
    responses = _responses(session, visit, sheets, mode, now)
    newest = current_answers(session, visit.id)
    shared = answer_values("answered", None, nonce=uuid7(), based_on=None, mode=mode, author_id=author_id, now=now)
    rows = [
        _answer(response, item, newest.get((instrument, item)), {**shared, "level": level, "nonce": uuid7()})
        for instrument, response in responses.items()
        for item, level in sheets[instrument].levels.items()
    ]
    if rows:
        session.execute(insert(ANSWERS), rows)


def _hold_visit(session: Session, visit: Visit, *, by_staff: bool) -> None:
    """Keep a submission away until commit; staff may still enter a paper form after the window."""
    facts = select(Visit.submitted_at, Visit.closed_at, Visit.cancelled_at).where(Visit.id == visit.id)
    now = session.execute(facts.with_for_update(read=True)).one()
    if now.submitted_at is not None:
        raise AlreadySent
    if now.cancelled_at is not None or (now.closed_at is not None and not by_staff):
        raise WindowClosed


def _responses(
    session: Session, visit: Visit, sheets: Mapping[str, Sheet], mode: str, now: datetime
) -> dict[str, Response]:
    """Add what is missing and lock all, in one order."""
    own = {"clinic_id": visit.clinic_id, "visit_id": visit.id, "mode": mode, "started_at": now}
    rows = [
        {**own, "id": uuid7(), "instrument": code, "language": sheet.language, "wording_hash": sheet.wording_hash}
        for code, sheet in sheets.items()
    ]
    session.execute(insert(RESPONSES).on_conflict_do_nothing(), rows)
    wanted = select(Response).where(Response.visit_id == visit.id, Response.instrument.in_(sheets))
    found = session.scalars(wanted.order_by(Response.id).with_for_update()).all()
    if any(response.finalised_at is not None for response in found):
        raise AlreadySent
    return {response.instrument: response for response in found}


def _answer(response: Response, item: str, newest: Current | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """An id above the newest one's, also where this host's clock is behind."""
    following = UUID(int=max(uuid7().int, newest.id.int + 1)) if newest else uuid7()
    place = {"clinic_id": response.clinic_id, "id": following, "response_id": response.id, "item": item}
    return {**place, **values}
