"""Answers: one append-only row per acknowledged change, the newest per item being current."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from scoring.instrument import load_instruments
from surveys.db import uuid7
from surveys.models import Answer, Response, Visit

APPEND = text(
    """SELECT append_answer(:clinic_id, :response_id, :item, :id, :status, :level, :nonce, :based_on, :mode,
        :author_id, :reason, :answered_at)"""
).columns(id=Uuid())


class AlreadySent(Exception):  # noqa: N818 - says what happened
    """The questionnaire was sent; only staff can amend it, with a reason."""


class WindowClosed(AlreadySent):
    """The visit takes no more answers from the patient: its window is over, or it was cancelled."""


@dataclass(frozen=True, slots=True)
class Current:
    """The newest answer to one item."""

    id: UUID
    instrument: str
    item: str
    status: str  # answered, declined, cleared
    level: int | None

    @property
    def settled(self) -> bool:
        """Whether the item needs no further visit: answered or declined."""
        return self.status != "cleared"


def current_answers(session: Session, visit_id: UUID) -> Mapping[tuple[str, str], Current]:
    """Return the newest answer by (instrument, item) of a visit, cleared ones among them."""
    return {(row.instrument, row.item): row for row in _newest(session, Response.visit_id == visit_id)}


def answers_of(session: Session, response: Response) -> Mapping[str, Current]:
    """Return the newest answer by item of one response."""
    return {row.item: row for row in _newest(session, Response.id == response.id)}


def _newest(session: Session, which: ColumnElement[bool]) -> list[Current]:
    rows = session.execute(
        select(
            Answer.id,
            Response.instrument,
            Answer.item,
            Answer.status,
            Answer.level,
        )
        .join(Response, (Response.clinic_id == Answer.clinic_id) & (Response.id == Answer.response_id))
        .where(which)
        .ext(distinct_on(Answer.response_id, Answer.item))
        .order_by(Answer.response_id, Answer.item, Answer.id.desc())
    )
    return [Current(*row) for row in rows]


def lock_open_response(session: Session, response_id: UUID, *, by_staff: bool) -> None:
    """Hold the response until commit; raise AlreadySent where it is final or its visit takes no answers.

    Staff may still enter a paper form after the window; nobody may answer a cancelled visit.
    """
    final = session.scalar(select(Response.finalised_at).where(Response.id == response_id).with_for_update())
    if final is not None:
        raise AlreadySent
    visit = session.execute(
        select(Visit.submitted_at, Visit.closed_at, Visit.cancelled_at)
        .join(Response, (Response.clinic_id == Visit.clinic_id) & (Response.visit_id == Visit.id))
        .where(Response.id == response_id)
    ).one()
    if visit.submitted_at is not None:
        raise AlreadySent
    if visit.cancelled_at is not None or (visit.closed_at is not None and not by_staff):
        raise WindowClosed


def append(session: Session, response: Response, item: str, values: Mapping[str, object]) -> UUID:
    """Add the item's next version under the response's lock, or find the newest to be what this retries.

    A retry carries the newest version's nonce, status and level; the same nonce with another level, as
    after the browser's Back, is a new version.
    """
    place = {"clinic_id": response.clinic_id, "response_id": response.id, "item": item, "id": uuid7()}
    appended: UUID = session.scalars(APPEND, {**place, **values}).one()
    return appended


def check_level(instrument: str, item: str, status: str, level: int | None) -> None:
    """Refuse what no screen can send: an unknown item, a level out of its list, a level without an answer."""
    known = load_instruments()[instrument].item(item)
    if (status == "answered") != (level is not None):
        raise ValueError(f"{instrument}.{item}: {status} with level {level}")
    if level is not None and not known.minimum <= level <= known.maximum:
        raise ValueError(f"{instrument}.{item}: {level} lies outside {known.minimum} to {known.maximum}")


def answer_values(
    status: str,
    level: int | None,
    *,
    nonce: UUID,
    based_on: UUID | None,
    mode: str,
    author_id: UUID | None,
    now: datetime,
    reason: str | None = None,
) -> dict[str, object]:
    """Return the columns of an answer besides its place."""
    return {
        "status": status,
        "level": level,
        "nonce": nonce,
        "based_on": based_on,
        "mode": mode,
        "author_id": author_id,
        "answered_at": now,
        "reason": reason,
    }
