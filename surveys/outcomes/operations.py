"""When each was operated on the spine, by one definition for every figure.

The first day, from the first treatment on, that staff recorded, or on which a patient's final events form told of one:
whichever is earlier, since the answer came after the operation. What was before that treatment belongs to the history,
whoever told of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Date,
    Subquery,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on

from surveys.models import Endpoint, Episode, Patient, Response, Score, Treatment, Visit

OPERATION = "spine_operation"  # the item of the events form
THESE: BindParameter[Any] = bindparam(
    "these", type_=ARRAY(Uuid)
)  # in a statement that is made once: named when it runs
Only = Sequence[UUID] | BindParameter[Any] | None


def narrowed(column: Any, only: Only) -> list[ColumnElement[bool]]:
    """The condition that keeps some episodes' rows alone; none where all are wanted."""
    if only is None:
        return []
    return [column == any_(cast(only if isinstance(only, BindParameter) else list(only), ARRAY(Uuid)))]


def _by(column: Any, until: date | None) -> list[ColumnElement[bool]]:
    return [] if until is None else [column <= until]


def first_treatment(only: Only, until: date | None = None) -> Subquery:
    """The day of each episode's first treatment that was done."""
    done = select(Treatment.episode_id, func.min(Treatment.on_date).label("on_date"))
    done = done.where(Treatment.state == "done", *_by(Treatment.on_date, until), *narrowed(Treatment.episode_id, only))
    return done.group_by(Treatment.episode_id).subquery()


def _since(day: Any, treated: Subquery) -> ColumnElement[bool]:
    """Whether a day is of the time after the first treatment; of who was not treated every day is."""
    return or_(treated.c.on_date.is_(None), day >= treated.c.on_date)


def recorded(only: Only = None, until: date | None = None) -> Subquery:
    """The first operation that staff recorded."""
    treated = first_treatment(only, until)
    chosen = select(Endpoint.episode_id, func.min(Endpoint.on_date).label("on_date"))
    chosen = chosen.outerjoin(treated, treated.c.episode_id == Endpoint.episode_id)
    known = (Endpoint.kind == "surgery", *_by(Endpoint.on_date, until), _since(Endpoint.on_date, treated))
    chosen = chosen.where(*known, *narrowed(Endpoint.episode_id, only))
    return chosen.group_by(Endpoint.episode_id).subquery()


def told(only: Only = None, as_of: datetime | None = None) -> Subquery:
    """The day of the first answer that told of one, and of the last that answered; in the patient's calendar.

    ``as_of``: of forms that were final by then.
    """
    newest = _answers(only, Response.finalised_at.is_not(None) if as_of is None else Response.finalised_at <= as_of)
    treated = first_treatment(only, None if as_of is None else as_of.date())
    first = func.min(newest.c.day).filter(newest.c.value == 1, _since(newest.c.day, treated)).label("on_date")
    found = select(newest.c.episode_id, func.max(newest.c.day).label("last_form"), first)
    found = found.outerjoin(treated, treated.c.episode_id == newest.c.episode_id)
    return found.where(newest.c.value.is_not(None)).group_by(newest.c.episode_id).subquery()


def _answers(only: Only, final: ColumnElement[bool]) -> Subquery:
    """The newest amendment of each final answer; a form that nobody sent was answered when begun, at the earliest."""
    moment = case((Response.finality == "unsent", Response.started_at), else_=Response.finalised_at)
    day = cast(func.timezone(Patient.time_zone, moment), Date).label("day")
    return (
        select(Visit.episode_id, Score.value, day)
        .ext(distinct_on(Score.response_id))
        .join(Response, and_(Response.clinic_id == Score.clinic_id, Response.id == Score.response_id))
        .join(Visit, and_(Visit.clinic_id == Response.clinic_id, Visit.id == Response.visit_id))
        .join(Episode, Episode.id == Visit.episode_id)
        .join(Patient, Patient.id == Episode.patient_id)
        .where(Score.scale == OPERATION, final, *narrowed(Visit.episode_id, only))
        .order_by(Score.response_id, Score.amendment.desc(), Score.scored_at.desc())
        .subquery()
    )
