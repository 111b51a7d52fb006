"""What is frozen of an episode beside its scores: covariates, treatments, what happened; in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Subquery, and_, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from surveys.models import Ending, Endpoint, Episode, Patient, Treatment
from surveys.outcomes.filters import Filters
from surveys.outcomes.operations import told
from surveys.outcomes.queries import chosen_episodes
from surveys.pathway.episode_plan import CONVENTIONAL

HARMS = ("adverse", "severe", "serious", "followed_days")  # in every claim: its line on harms stands on them
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
    """Days from which time counts, and what was given: the decision of a conventional arm is a day, no treatment."""
    done = (Treatment.state == "done", Treatment.on_date <= as_of.date())
    given = Treatment.product != CONVENTIONAL
    first = (
        select(Treatment.episode_id, Treatment.total_nucleated_cells.label("dose"), Treatment.product)
        .where(*done, given)
        .ext(distinct_on(Treatment.episode_id))
        .order_by(Treatment.episode_id, Treatment.on_date, Treatment.id)
        .subquery()
    )
    columns = (
        func.min(Treatment.on_date).label("treated_on"),
        func.array_agg(Treatment.on_date).filter(given).label("given_on"),
        func.count().filter(given).label("treatments"),
    )
    counted = select(Treatment.episode_id, *columns).where(*done).group_by(Treatment.episode_id).subquery()
    joined = select(counted, first.c.dose, first.c.product)
    return joined.outerjoin(first, first.c.episode_id == counted.c.episode_id).subquery()


def _happened(as_of: datetime) -> Subquery:
    """What happened from the first treatment on: adverse events to the end of follow-up, the first operation."""
    treated, ended = _treatments(as_of), _ended(as_of)
    followed = or_(ended.c.ended_on.is_(None), Endpoint.on_date <= ended.c.ended_on)
    adverse = and_(Endpoint.kind == "adverse_event", Endpoint.on_date >= treated.c.treated_on, followed)
    since = or_(treated.c.treated_on.is_(None), Endpoint.on_date >= treated.c.treated_on)
    columns = (
        func.count().filter(adverse).label("adverse"),
        func.count().filter(and_(adverse, Endpoint.severity >= SEVERE)).label("severe"),
        func.count().filter(and_(adverse, Endpoint.details["serious"].as_boolean().is_(True))).label("serious"),
        func.min(Endpoint.on_date).filter(Endpoint.kind == "surgery", since).label("operated_on"),
    )
    chosen = select(Endpoint.episode_id, *columns)
    for part in (treated, ended):
        chosen = chosen.outerjoin(part, part.c.episode_id == Endpoint.episode_id)
    return chosen.where(Endpoint.on_date <= as_of.date()).group_by(Endpoint.episode_id).subquery()


def _forms(as_of: datetime) -> Subquery:
    """When each last answered whether there was an operation, and first told of one."""
    forms = told(as_of=as_of)
    columns = (forms.c.last_form.label("form_on"), forms.c.on_date.label("told_on"))
    return select(forms.c.episode_id, *columns).subquery()


def _ended(as_of: datetime) -> Subquery:
    chosen = select(Ending.episode_id, func.min(Ending.on_date).label("ended_on"))
    over = (Ending.kind != "reminders_stopped", Ending.revoked_at.is_(None), Ending.on_date <= as_of.date())
    return chosen.where(*over).group_by(Ending.episode_id).subquery()


def _facts(row: Row[Any], today: date) -> dict[str, str]:
    given, start = sorted(row.given_on or []), row.treated_on or row.index_date
    own = {name: plain(getattr(row, name)) for name in ("age", "bmi", "sex", "pain_generator", "diagnosis", "product")}
    known = {name: {True: "yes", False: "no", None: ""}[getattr(row, name)] for name in ("opioid_use", "smoking")}
    counts = {name: str(getattr(row, name) or 0) for name in ("treatments", "adverse", "severe", "serious")}
    since = {"operated_days": row.operated_on, "told_days": row.told_on, "form_days": row.form_on}
    return {
        **own,
        **known,
        **counts,
        "dose": plain(row.dose),
        "treatment_days": " ".join(str((day - given[0]).days) for day in given),
        **{name: _days(start, day) for name, day in since.items()},
        "followed_days": _days(row.treated_on, max(row.treated_on or today, min(row.ended_on or today, today))),
    }


def _days(start: date | None, day: date | None) -> str:
    """Days since the first treatment or the decision, below 0 before it; empty where either is not known."""
    return "" if start is None or day is None else str((day - start).days)


def plain(value: object) -> str:
    """A value as its one text: 46 for 46.0."""
    if value is None:
        return ""
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
