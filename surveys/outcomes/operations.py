"""When each was operated on the spine, by one definition for every figure.

The first day, from the first treatment on, that staff recorded, or on which a patient's final events form told of one:
whichever is earlier, since the answer came after the operation.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Date, Subquery, Uuid, and_, any_, case, cast, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from surveys.models import Endpoint, Episode, Patient, Response, Score, Treatment, Visit

OPERATION = "spine_operation"  # the item of the events form
Only = Sequence[UUID] | None


def narrowed(column: Any, only: Only) -> list[ColumnElement[bool]]:
    """The condition that keeps some episodes' rows alone; none where all are wanted."""
    return [] if only is None else [column == any_(cast(list(only), ARRAY(Uuid)))]


def _by(column: Any, until: date | None) -> list[ColumnElement[bool]]:
    return [] if until is None else [column <= until]


def first_treatment(only: Only, until: date | None = None) -> Subquery:
    """The day of each episode's first treatment that was done."""
    done = select(Treatment.episode_id, func.min(Treatment.on_date).label("on_date"))
    done = done.where(Treatment.state == "done", *_by(Treatment.on_date, until), *narrowed(Treatment.episode_id, only))
    return done.group_by(Treatment.episode_id).subquery()


def recorded(only: Only = None, until: date | None = None) -> Subquery:
    """The first operation that staff recorded; one before the first treatment belongs to the history."""
    treated = first_treatment(only, until)
    chosen = select(Endpoint.episode_id, func.min(Endpoint.on_date).label("on_date"))
    chosen = chosen.outerjoin(treated, treated.c.episode_id == Endpoint.episode_id)
    since = or_(treated.c.on_date.is_(None), Endpoint.on_date >= treated.c.on_date)
    known = (Endpoint.kind == "surgery", *_by(Endpoint.on_date, until))
    chosen = chosen.where(*known, since, *narrowed(Endpoint.episode_id, only))
    return chosen.group_by(Endpoint.episode_id).subquery()


def told(only: Only = None, as_of: datetime | None = None) -> Subquery:
    """The day of the first answer that told of one, and of the last that answered; in the patient's calendar.

    ``as_of``: of forms that were final by then.
    """
    newest = _answers(only, Response.finalised_at.is_not(None) if as_of is None else Response.finalised_at <= as_of)
    first = func.min(newest.c.day).filter(newest.c.value == 1).label("on_date")
    found = select(newest.c.episode_id, func.max(newest.c.day).label("last_form"), first)
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
