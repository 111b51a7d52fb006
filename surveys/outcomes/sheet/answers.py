"""What a patient answered, question by question and visit by visit, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from scoring.instrument import find_instrument
from surveys.models import Answer, Response
from surveys.outcomes.sheet.course import Moment
from surveys.patient_page import VisitLine
from surveys.wordings import Wording, wording_for

Given = Mapping[tuple[UUID, str, str], tuple[str, int | None]]  # status and level by visit, instrument and item


@dataclass(frozen=True, slots=True)
class Said:
    """One answer. ``status``: answered, declined or cleared; ``words``: the answer's own, empty for a number."""

    status: str
    level: int | None
    words: str


@dataclass(frozen=True, slots=True)
class Question:
    """One item with an answer per visit; None where nothing was said, asked or not."""

    text: str
    said: tuple[Said | None, ...]


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """One instrument over the visits at which it was answered. ``language``: that of the questions."""

    code: str
    title: str
    language: str
    visits: tuple[Moment, ...]
    questions: tuple[Question, ...]


def answers_of(
    session: Session, visits: Sequence[tuple[Moment, VisitLine]], instruments: Sequence[str], language: str
) -> list[AnswerTable]:
    """Every instrument that was answered, in the protocol's order and in the wording in use now.

    Of final questionnaires only: a draft may still change. Answers as they stand after amendments.
    """
    given = _given(session, [line.visit.id for _moment, line in visits])
    moments = [moment for moment, _line in visits]
    return [table for code in instruments if (table := _table(code, given, moments, language)) is not None]


def _given(session: Session, visit_ids: Sequence[UUID]) -> Given:
    newest = (
        select(Response.visit_id, Response.instrument, Answer.item, Answer.status, Answer.level)
        .join(Response, (Response.clinic_id == Answer.clinic_id) & (Response.id == Answer.response_id))
        .where(Response.visit_id.in_(visit_ids), Response.finalised_at.is_not(None))
        .ext(distinct_on(Answer.response_id, Answer.item))
        .order_by(Answer.response_id, Answer.item, Answer.id.desc())
    )
    return {(row.visit_id, row.instrument, row.item): (row.status, row.level) for row in session.execute(newest).all()}


def _table(code: str, given: Given, moments: Sequence[Moment], language: str) -> AnswerTable | None:
    answered = {visit_id for visit_id, instrument, _item in given if instrument == code}
    visits = tuple(moment for moment in moments if moment.visit_id in answered)
    if not visits:
        return None
    wording = wording_for(code, language)
    questions = tuple(_questions(code, given, visits, wording))
    return AnswerTable(code, find_instrument(code).name, wording.language, visits, questions)


def _questions(code: str, given: Given, visits: Sequence[Moment], wording: Wording) -> Iterator[Question]:
    """The items that anything was said to."""
    for item in wording.items:
        found = [given.get((visit.visit_id, code, item.code)) for visit in visits]
        if any(found):
            said = (None if each is None else _said(*each, item.levels) for each in found)
            yield Question(item.text, tuple(said))


def _said(status: str, level: int | None, levels: Mapping[int, str]) -> Said:
    words = "" if level is None else levels.get(level, "")
    return Said(status, level, words if words != str(level) else "")
