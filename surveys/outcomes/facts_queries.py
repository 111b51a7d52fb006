"""The three statements behind the facts: people, what happened, events forms. None runs once per patient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Row, Select, Subquery, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from surveys.models import Endpoint, Episode, Patient, Treatment
from surveys.outcomes.cohort import Cohort
from surveys.outcomes.facts import COVARIATES, TEXTS, AdverseEvent, Facts, Opioids, unknown
from surveys.outcomes.filters import Filters
from surveys.outcomes.operations import told
from surveys.outcomes.opioids import doses_at, opioid_statements
from surveys.outcomes.queries import chosen_episodes


def with_facts(session: Session, cohort: Cohort) -> Cohort:
    """The same cohort with what its patients brought along and what happened to them."""
    place = {episode: position for position, episode in enumerate(cohort.ids)}
    facts = _people(session.execute(_people_of(cohort.filters)).all(), place)
    for row in session.execute(_forms_of(cohort.filters)):
        at = place[row.episode_id]
        facts.last_form[at], facts.told_operation[at] = _ordinal(row.last_form), _ordinal(row.told_operation)
    events = _events(session.execute(_adverse(cohort.filters)), place)
    return replace(cohort, facts=replace(facts, events=events, opioids=_opioids(session, cohort)))


def _opioids(session: Session, cohort: Cohort) -> dict[str, Opioids]:
    """The doses of every timepoint at which any was recorded."""
    stated = opioid_statements(session, cohort.filters, as_of=cohort.now)
    told = {code: doses_at(cohort, stated, code) for code in dict.fromkeys(code for code, _episode in stated)}
    return {code: Opioids(doses.mme, doses.not_evaluable) for code, doses in told.items()}


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
    """When each was last asked about an operation and answered, and when they first told of one."""
    episodes, forms = chosen_episodes(filters).subquery(), told()
    columns = (forms.c.episode_id, forms.c.last_form, forms.c.on_date.label("told_operation"))
    return select(*columns).join(episodes, episodes.c.id == forms.c.episode_id)


def _adverse(filters: Filters) -> Select[Any]:
    episodes = chosen_episodes(filters).subquery()
    columns: tuple[Any, ...] = (Endpoint.episode_id, Endpoint.on_date, Endpoint.severity, Endpoint.details)
    statement = select(*columns).join(episodes, episodes.c.id == Endpoint.episode_id)
    return statement.where(Endpoint.kind == "adverse_event").order_by(Endpoint.on_date, Endpoint.id)


def _events(rows: Iterable[Row[Any]], place: Mapping[UUID, int]) -> tuple[AdverseEvent, ...]:
    return tuple(
        AdverseEvent(
            place[row.episode_id],
            _ordinal(row.on_date),
            row.severity,
            row.details.get("serious"),
            row.details.get("related"),
        )
        for row in rows
    )
