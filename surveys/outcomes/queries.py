"""The three statements behind every figure: episodes, visits, scores. None runs once per patient."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Select,
    Subquery,
    and_,
    case,
    cast,
    false,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from surveys.models import (
    Ending,
    Episode,
    Message,
    Patient,
    PatientSession,
    ProtocolVersion,
    Response,
    Score,
    Visit,
)
from surveys.outcomes.conditions import conditions
from surveys.outcomes.filters import Filters
from surveys.outcomes.operations import Only, first_treatment, narrowed, recorded, told

LEFT = ("consent_withdrawn", "follow_up_stopped", "lost")
# A clinic that has grown since the statistics were taken looks empty to the planner, which would then read one table
# anew for each row of another: minutes. Until the end of the transaction its rows are read whole, and once.
WHOLE = text("SET LOCAL enable_nestloop = off")


def _first_ending(only: Only, *kinds: str) -> Subquery:
    chosen = select(Ending.episode_id, func.min(Ending.on_date).label("on_date"))
    standing = and_(Ending.kind.in_(kinds), Ending.revoked_at.is_(None), *narrowed(Ending.episode_id, only))
    return chosen.where(standing).group_by(Ending.episode_id).subquery()


def chosen_episodes(filters: Filters, only: Only = None) -> Select[Any]:
    """Episodes under any version of the protocol, with the dates of death, leaving, declining and recorded operation.

    ``only``: of these episodes those that fit.
    """
    died, left = _first_ending(only, "died"), _first_ending(only, *LEFT)
    declined, operated = _first_ending(only, "reminders_stopped"), recorded(only)
    columns = (Episode.id, Episode.arm, died.c.on_date.label("died_on"), left.c.on_date.label("left_on"))
    declining = declined.c.on_date.is_not(None).label("declined")
    statement = select(*columns, declining, operated.c.on_date.label("operated_on"))
    for ending in (died, left, declined, operated):
        statement = statement.outerjoin(ending, ending.c.episode_id == Episode.id)
    statement = statement.join(ProtocolVersion, ProtocolVersion.id == Episode.protocol_id)
    statement = statement.where(ProtocolVersion.code == filters.protocol, *narrowed(Episode.id, only))
    return statement.where(*conditions(filters)).order_by(Episode.id)


def _seen(visit_id: Any, clinic_id: Any, only: Only, *conditions: ColumnElement[bool]) -> Subquery:
    """The visits that a table has rows of: joined, since of millions each would be looked up for itself."""
    seen = select(visit_id.label("visit_id")).where(*conditions).distinct()
    if only is not None:
        seen = seen.join(Visit, and_(Visit.clinic_id == clinic_id, Visit.id == visit_id))
    return seen.where(*narrowed(Visit.episode_id, only)).subquery()


def visits_of(filters: Filters, only: Only = None) -> Select[Any]:
    """One row per planned visit: episode, timepoint, when its window ends, and how far it came.

    ``died``, ``left``: before the day on which the window ends where the patient lives; ``operated``: by it.
    """
    episodes, in_forms = chosen_episodes(filters, only).order_by(None).subquery(), told(only)
    mailed = (Message.channel == "email", Message.state == "sent")
    sent = _seen(Message.visit_id, Message.clinic_id, only, *mailed)
    opened = _seen(PatientSession.visit_id, PatientSession.clinic_id, only)
    started = _seen(Response.visit_id, Response.clinic_id, only)
    closing_day = cast(func.timezone(Patient.time_zone, Visit.closes_at), Date)
    columns: tuple[Any, ...] = (
        Visit.episode_id,
        Visit.timepoint,
        Visit.closes_at,
        func.coalesce(episodes.c.died_on < closing_day, false()).label("died"),
        func.coalesce(episodes.c.left_on < closing_day, false()).label("left"),
        func.coalesce(func.least(episodes.c.operated_on, in_forms.c.on_date) <= closing_day, false()).label("operated"),
        sent.c.visit_id.is_not(None).label("sent"),
        or_(opened.c.visit_id.is_not(None), started.c.visit_id.is_not(None)).label("opened"),
        started.c.visit_id.is_not(None).label("started"),
        func.coalesce(Visit.submitted_at < Visit.closes_at, false()).label("finished"),
        func.coalesce(Visit.submitted_at >= Visit.closes_at, false()).label("late"),
    )
    statement = select(*columns).join(episodes, episodes.c.id == Visit.episode_id)
    statement = statement.join(Episode, Episode.id == Visit.episode_id).join(Patient, Patient.id == Episode.patient_id)
    statement = statement.outerjoin(in_forms, in_forms.c.episode_id == Visit.episode_id)
    for seen in (sent, opened, started):
        statement = statement.outerjoin(seen, seen.c.visit_id == Visit.id)
    return statement.where(*narrowed(Visit.episode_id, only))


def visit_rows(session: Session, filters: Filters, *, now: datetime) -> Sequence[Any]:
    """The visits with whether each one's window is over."""
    return session.execute(visits_of(filters).add_columns((Visit.closes_at <= now).label("closed"))).all()


def _given(filters: Filters) -> list[ColumnElement[bool]]:
    return [Response.mode == filters.mode] if filters.mode else []


def scores_of(filters: Filters, scales: Sequence[str], only: Only = None) -> Select[Any]:
    """The newest amendment of each wanted score of a finalised response.

    ``before_treatment``: answered by the end of the first treatment's day where the patient lives. An
    unsent response was answered before its window closed, so the window's end stands for its moment.
    """
    episodes, treated = chosen_episodes(filters, only).order_by(None).subquery(), first_treatment(only)
    unsent = Response.finality == "unsent"
    answered_at = case((unsent, Visit.closes_at), else_=Response.finalised_at)
    day_after = func.timezone(Patient.time_zone, cast(treated.c.on_date + 1, DateTime))
    columns: tuple[Any, ...] = (
        Visit.episode_id,
        Visit.timepoint,
        Score.scale,
        Score.value_set_id,
        Score.value,
        or_(unsent, Response.finalised_at < Visit.closes_at).label("in_window"),
        or_(treated.c.on_date.is_(None), answered_at <= day_after).label("before_treatment"),
        Response.mode,
    )
    statement = select(*columns).ext(distinct_on(Score.response_id, Score.scale, Score.value_set_id))
    return (
        statement.join(Response, and_(Response.clinic_id == Score.clinic_id, Response.id == Score.response_id))
        .join(Visit, and_(Visit.clinic_id == Response.clinic_id, Visit.id == Response.visit_id))
        .join(episodes, episodes.c.id == Visit.episode_id)
        .join(Episode, Episode.id == Visit.episode_id)
        .join(Patient, Patient.id == Episode.patient_id)
        .outerjoin(treated, treated.c.episode_id == Visit.episode_id)
        .where(Score.scale.in_(scales), Response.finalised_at.is_not(None), *_given(filters))
        .where(*narrowed(Visit.episode_id, only))
        .order_by(Score.response_id, Score.scale, Score.value_set_id, Score.amendment.desc(), Score.scored_at.desc())
    )


def score_rows(session: Session, filters: Filters, scales: Sequence[str]) -> Sequence[Any]:
    """The wanted scores."""
    return session.execute(scores_of(filters, scales)).all()
