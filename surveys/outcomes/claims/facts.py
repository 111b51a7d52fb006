"""What is frozen of an episode beside its scores: covariates, treatments, what happened; in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Row, Select, Subquery, and_, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from surveys.models import Ending, Endpoint, Episode, Patient, Response, Treatment, Visit
from surveys.outcomes.filters import Filters
from surveys.outcomes.queries import chosen_episodes

HARMS = ("adverse", "severe", "followed_days")  # in every claim: its line on harms stands on them
SEVERE = 3  # of 1 mild to 5 fatal


def read_facts(
    session: Session, filters: Filters, *, as_of: datetime
) -> Mapping[UUID, tuple[int, int, dict[str, str]]]:
    """Patient's number, which of the patient's episodes it is, and the facts as texts; those of a later day are not.

    An episode that was opened after ``as_of`` is left out.
    """
    rows = session.execute(_statement(filters, as_of)).all()
    return {row.id: (row.number, row.nth, _facts(row, as_of.date())) for row in rows}


def _statement(filters: Filters, as_of: datetime) -> Select[Any]:
    chosen = chosen_episodes(filters).subquery()
    nth = select(
        Episode.id,
        func.row_number().over(partition_by=Episode.patient_id, order_by=(Episode.created_at, Episode.id)).label("nth"),
    ).subquery()
    parts = (_treatments(as_of), _happened(as_of), _forms(as_of), _ended(as_of))
    own = [getattr(Episode, name) for name in ("id", "age", "bmi", "opioid_use", "smoking", "pain_generator")]
    found = [column for part in parts for column in part.c if column.name != "episode_id"]
    statement = select(*own, Episode.diagnosis, Episode.index_date, Patient.number, Patient.sex, nth.c.nth, *found)
    statement = statement.join(chosen, chosen.c.id == Episode.id).join(nth, nth.c.id == Episode.id)
    statement = statement.join(Patient, Patient.id == Episode.patient_id)
    for part in parts:
        statement = statement.outerjoin(part, part.c.episode_id == Episode.id)
    return statement.where(Episode.created_at <= as_of)


def _treatments(as_of: datetime) -> Subquery:
    in_order = (Treatment.on_date, Treatment.id)
    first = (
        select(Treatment.episode_id, Treatment.total_nucleated_cells.label("dose"), Treatment.product)
        .where(Treatment.state == "done", Treatment.on_date <= as_of.date())
        .ext(distinct_on(Treatment.episode_id))
        .order_by(Treatment.episode_id, *in_order)
        .subquery()
    )
    done = select(
        Treatment.episode_id, func.array_agg(Treatment.on_date).label("treated_on"), func.count().label("treatments")
    )
    days = done.where(Treatment.state == "done", Treatment.on_date <= as_of.date()).group_by(Treatment.episode_id)
    counted = days.subquery()
    joined = select(counted, first.c.dose, first.c.product).join(first, first.c.episode_id == counted.c.episode_id)
    return joined.subquery()


def _happened(as_of: datetime) -> Subquery:
    adverse, severe = Endpoint.kind == "adverse_event", Endpoint.severity >= SEVERE
    columns = (
        func.count().filter(adverse).label("adverse"),
        func.count().filter(and_(adverse, severe)).label("severe"),
        func.min(Endpoint.on_date).filter(Endpoint.kind == "surgery").label("operated_on"),
    )
    chosen = select(Endpoint.episode_id, *columns).where(Endpoint.on_date <= as_of.date())
    return chosen.group_by(Endpoint.episode_id).subquery()


def _forms(as_of: datetime) -> Subquery:
    """The day of the last form on events, in the patient's calendar."""
    day = cast(func.timezone(Patient.time_zone, func.max(Response.finalised_at)), Date).label("form_on")
    forms = select(Visit.episode_id, day).join(Response, Response.visit_id == Visit.id)
    forms = forms.join(Episode, Episode.id == Visit.episode_id).join(Patient, Patient.id == Episode.patient_id)
    forms = forms.where(Response.instrument == "events", Response.finalised_at <= as_of)
    return forms.group_by(Visit.episode_id, Patient.time_zone).subquery()


def _ended(as_of: datetime) -> Subquery:
    chosen = select(Ending.episode_id, func.min(Ending.on_date).label("ended_on"))
    over = (Ending.kind != "reminders_stopped", Ending.revoked_at.is_(None), Ending.on_date <= as_of.date())
    return chosen.where(*over).group_by(Ending.episode_id).subquery()


def _facts(row: Row[Any], today: date) -> dict[str, str]:
    days = sorted(row.treated_on or [])
    start = days[0] if days else row.index_date
    own = {name: plain(getattr(row, name)) for name in ("age", "bmi", "sex", "pain_generator", "diagnosis", "product")}
    known = {name: {True: "yes", False: "no", None: ""}[getattr(row, name)] for name in ("opioid_use", "smoking")}
    counts = {name: str(getattr(row, name) or 0) for name in ("treatments", "adverse", "severe")}
    since = {
        "operated_days": row.operated_on,
        "form_days": row.form_on,
        "followed_days": min(row.ended_on or today, today),
    }
    return {
        **own,
        **known,
        **counts,
        "dose": plain(row.dose),
        "treatment_days": " ".join(str((day - days[0]).days) for day in days),
        **{name: _days(start, day) for name, day in since.items()},
    }


def _days(start: date | None, day: date | None) -> str:
    """Days since the first treatment or the decision, never below 0; empty where either is not known."""
    return "" if start is None or day is None else str(max(0, (day - start).days))


def plain(value: object) -> str:
    """A value as its one text: 46 for 46.0."""
    if value is None:
        return ""
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
