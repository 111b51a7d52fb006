"""The three statements behind the facts: people, what happened, events forms. None runs once per patient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Date, Row, Select, Subquery, and_, case, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from surveys.models import Endpoint, Episode, Patient, Response, Score, Treatment, Visit
from surveys.outcomes.cohort import Cohort
from surveys.outcomes.facts import COVARIATES, TEXTS, AdverseEvent, Facts, unknown
from surveys.outcomes.filters import Filters
from surveys.outcomes.queries import chosen_episodes

OPERATION = "spine_operation"  # the item of the events form


def with_facts(session: Session, cohort: Cohort) -> Cohort:
    """The same cohort with what its patients brought along and what happened to them."""
    place = {episode: position for position, episode in enumerate(cohort.ids)}
    facts = _people(session.execute(_people_of(cohort.filters)).all(), place)
    for row in session.execute(_forms_of(cohort.filters)):
        at = place[row.episode_id]
        facts.last_form[at], facts.told_operation[at] = _ordinal(row.last_form), _ordinal(row.told_operation)
    return replace(cohort, facts=replace(facts, events=_events(session.execute(_adverse(cohort.filters)), place)))


def _people_of(filters: Filters) -> Select[Any]:
    """Every chosen episode with its covariates, first treatment and the days of chosen_episodes."""
    first = _first_treatment()
    own = (Episode.age, Episode.bmi, Episode.opioid_use, Episode.smoking, Episode.pain_generator, Episode.diagnosis)
    statement = chosen_episodes(filters).add_columns(*own, Patient.sex, first.c.treated_on, first.c.dose)
    statement = statement.join(Patient, Patient.id == Episode.patient_id)
    return statement.outerjoin(first, first.c.episode_id == Episode.id)


def _first_treatment() -> Subquery:
    order = (Treatment.episode_id, Treatment.on_date, Treatment.id)
    columns = (Treatment.episode_id, Treatment.on_date.label("treated_on"))
    first = select(*columns, Treatment.total_nucleated_cells.label("dose")).where(Treatment.state == "done")
    return first.ext(distinct_on(Treatment.episode_id)).order_by(*order).subquery()


def _people(rows: Iterable[Row[Any]], place: Mapping[UUID, int]) -> Facts:
    found = list(rows)
    facts = unknown(len(place))
    at = np.array([place[row.id] for row in found], dtype=np.int64)
    for name in (*COVARIATES, "dose", "treated_on", "operated_on", "died_on", "left_on"):
        getattr(facts, name)[at] = [_number(getattr(row, name)) for row in found]
    texts = {name: np.full(len(place), "", dtype=np.object_) for name in TEXTS}
    for name, column in texts.items():
        column[at] = [getattr(row, name) or "" for row in found]
    changed: dict[str, Any] = {name: column.astype(np.str_) for name, column in texts.items()}
    return replace(facts, **changed)


def _number(value: float | bool | date | None) -> float:
    if value is None:
        return np.nan
    return _ordinal(value) if isinstance(value, date) else float(value)


def _ordinal(day: date | None) -> float:
    return np.nan if day is None else float(day.toordinal())


def _forms_of(filters: Filters) -> Select[Any]:
    """When each was last asked about an operation and answered, and when they first told of one.

    A form that nobody sent was answered when it was begun, at the earliest.
    """
    episodes = chosen_episodes(filters).subquery()
    moment = case((Response.finality == "unsent", Response.started_at), else_=Response.finalised_at)
    newest = (
        select(Visit.episode_id, Score.value, cast(func.timezone(Patient.time_zone, moment), Date).label("day"))
        .ext(distinct_on(Score.response_id))
        .join(Response, and_(Response.clinic_id == Score.clinic_id, Response.id == Score.response_id))
        .join(Visit, and_(Visit.clinic_id == Response.clinic_id, Visit.id == Response.visit_id))
        .join(episodes, episodes.c.id == Visit.episode_id)
        .join(Episode, Episode.id == Visit.episode_id)
        .join(Patient, Patient.id == Episode.patient_id)
        .where(Score.scale == OPERATION, Response.finalised_at.is_not(None))
        .order_by(Score.response_id, Score.amendment.desc(), Score.scored_at.desc())
        .subquery()
    )
    told = func.min(newest.c.day).filter(newest.c.value == 1).label("told_operation")
    answered = select(newest.c.episode_id, func.max(newest.c.day).label("last_form"), told)
    return answered.where(newest.c.value.is_not(None)).group_by(newest.c.episode_id)


def _adverse(filters: Filters) -> Select[Any]:
    episodes = chosen_episodes(filters).subquery()
    columns: tuple[Any, ...] = (Endpoint.episode_id, Endpoint.on_date, Endpoint.severity)
    statement = select(*columns).join(episodes, episodes.c.id == Endpoint.episode_id)
    return statement.where(Endpoint.kind == "adverse_event").order_by(Endpoint.on_date, Endpoint.id)


def _events(rows: Iterable[Row[Any]], place: Mapping[UUID, int]) -> tuple[AdverseEvent, ...]:
    return tuple(AdverseEvent(place[row.episode_id], _ordinal(row.on_date), row.severity) for row in rows)
