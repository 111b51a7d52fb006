"""The choice of patients as conditions on episodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from surveys.models import Episode, Patient, Treatment
from surveys.outcomes.filters import Filters
from surveys.people.counted import counted


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """Everybody who may be counted and was chosen; the timepoint and the mode choose among answers, not here."""
    return [counted(filters.permitted), *_same(filters), *_between(filters), *_treated(filters)]


def _same(filters: Filters) -> Iterator[ColumnElement[bool]]:
    for wanted, column in (
        (filters.arm, Episode.arm),
        (filters.pain_generator, Episode.pain_generator),
        (filters.opioid_use, Episode.opioid_use),
        (filters.clinician, Episode.clinician_id),
    ):
        if wanted is not None:
            yield column == wanted
    if filters.diagnosis:
        yield Episode.diagnosis.startswith(filters.diagnosis, autoescape=True)
    if filters.sex:
        yield Episode.patient_id.in_(select(Patient.id).where(Patient.sex == filters.sex))


def _between(filters: Filters) -> Iterator[ColumnElement[bool]]:
    """Who has no value, lies in no span."""
    yield from _span(Episode.age, filters.age_from, filters.age_to)
    yield from _span(Episode.bmi, filters.bmi_from, filters.bmi_to)
    yield from _span(Episode.enrolled_on, filters.enrolled_from, filters.enrolled_to)


def _span(column: Any, low: object, high: object) -> Iterator[ColumnElement[bool]]:
    if low is not None:
        yield column >= low
    if high is not None:
        yield column <= high


def _treated(filters: Filters) -> Iterator[ColumnElement[bool]]:
    if filters.product:
        yield Episode.id.in_(_done().where(Treatment.product == filters.product))
    if filters.nth is not None:
        yield Episode.id.in_(_done().group_by(Treatment.episode_id).having(func.count() >= filters.nth))
    if filters.dose_from is not None or filters.dose_to is not None:
        order = (Treatment.episode_id, Treatment.on_date, Treatment.id)
        first = select(Treatment.episode_id, Treatment.total_nucleated_cells.label("dose"))
        first = first.where(Treatment.state == "done").ext(distinct_on(Treatment.episode_id)).order_by(*order)
        doses = first.subquery()
        yield Episode.id.in_(select(doses.c.episode_id).where(*_span(doses.c.dose, filters.dose_from, filters.dose_to)))


def _done() -> Select[Any]:
    return select(Treatment.episode_id).where(Treatment.state == "done")
