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
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from surveys.models import (
    Ending,
    Endpoint,
    Episode,
    Message,
    Patient,
    PatientSession,
    ProtocolVersion,
    Response,
    Score,
    Treatment,
    Visit,
)
from surveys.outcomes.conditions import conditions
from surveys.outcomes.filters import Filters

LEFT = ("consent_withdrawn", "follow_up_stopped", "lost")


def _first_ending(*kinds: str) -> Subquery:
    chosen = select(Ending.episode_id, func.min(Ending.on_date).label("on_date"))
    standing = and_(Ending.kind.in_(kinds), Ending.revoked_at.is_(None))
    return chosen.where(standing).group_by(Ending.episode_id).subquery()


def _first_operation() -> Subquery:
    chosen = select(Endpoint.episode_id, func.min(Endpoint.on_date).label("on_date"))
    return chosen.where(Endpoint.kind == "surgery").group_by(Endpoint.episode_id).subquery()


def chosen_episodes(filters: Filters) -> Select[Any]:
    """Episodes under any version of the protocol, with the dates of death, leaving, declining and operation."""
    died, left, declined = _first_ending("died"), _first_ending(*LEFT), _first_ending("reminders_stopped")
    columns = (Episode.id, Episode.arm, died.c.on_date.label("died_on"), left.c.on_date.label("left_on"))
    operated = _first_operation()
    declining = declined.c.on_date.is_not(None).label("declined")
    statement = select(*columns, declining, operated.c.on_date.label("operated_on"))
    for ending in (died, left, declined, operated):
        statement = statement.outerjoin(ending, ending.c.episode_id == Episode.id)
    statement = statement.join(ProtocolVersion, ProtocolVersion.id == Episode.protocol_id)
    return statement.where(ProtocolVersion.code == filters.protocol, *conditions(filters)).order_by(Episode.id)


def _sent() -> ColumnElement[bool]:
    of_visit = and_(Message.clinic_id == Visit.clinic_id, Message.visit_id == Visit.id)
    return exists().where(of_visit, Message.channel == "email", Message.state == "sent")


def visit_rows(session: Session, filters: Filters, *, now: datetime) -> Sequence[Any]:
    """One row per planned visit: episode, timepoint, whether its window is over, and how far it came."""
    episodes = chosen_episodes(filters).subquery()
    opened = exists().where(PatientSession.visit_id == Visit.id)
    started = exists().where(Response.clinic_id == Visit.clinic_id, Response.visit_id == Visit.id)
    statement = select(
        Visit.episode_id,
        Visit.timepoint,
        (Visit.closes_at <= now).label("closed"),
        cast(func.timezone(Patient.time_zone, Visit.closes_at), Date).label("closing_day"),
        _sent().label("sent"),
        or_(opened, started).label("opened"),
        started.label("started"),
        func.coalesce(Visit.submitted_at < Visit.closes_at, literal(value=False)).label("finished"),
        func.coalesce(Visit.submitted_at >= Visit.closes_at, literal(value=False)).label("late"),
    )
    statement = statement.join(episodes, episodes.c.id == Visit.episode_id)
    statement = statement.join(Episode, Episode.id == Visit.episode_id).join(Patient, Patient.id == Episode.patient_id)
    return session.execute(statement).all()


def _first_treatment() -> Subquery:
    done = select(Treatment.episode_id, func.min(Treatment.on_date).label("on_date"))
    return done.where(Treatment.state == "done").group_by(Treatment.episode_id).subquery()


def _given(filters: Filters) -> list[ColumnElement[bool]]:
    return [Response.mode == filters.mode] if filters.mode else []


def score_rows(session: Session, filters: Filters, scales: Sequence[str]) -> Sequence[Any]:
    """The newest amendment of each wanted score of a finalised response.

    ``before_treatment``: answered by the end of the first treatment's day where the patient lives. An
    unsent response was answered before its window closed, so the window's end stands for its moment.
    """
    episodes, treated = chosen_episodes(filters).subquery(), _first_treatment()
    unsent = Response.finality == "unsent"
    answered_at = case((unsent, Visit.closes_at), else_=Response.finalised_at)
    day_after = func.timezone(Patient.time_zone, cast(treated.c.on_date + 1, DateTime))
    statement = select(
        Visit.episode_id,
        Visit.timepoint,
        Score.scale,
        Score.value_set_id,
        Score.value,
        or_(unsent, Response.finalised_at < Visit.closes_at).label("in_window"),
        or_(treated.c.on_date.is_(None), answered_at <= day_after).label("before_treatment"),
        (Response.mode == "proxy").label("proxy"),
    ).ext(distinct_on(Score.response_id, Score.scale, Score.value_set_id))
    statement = (
        statement.join(Response, and_(Response.clinic_id == Score.clinic_id, Response.id == Score.response_id))
        .join(Visit, and_(Visit.clinic_id == Response.clinic_id, Visit.id == Response.visit_id))
        .join(episodes, episodes.c.id == Visit.episode_id)
        .join(Episode, Episode.id == Visit.episode_id)
        .join(Patient, Patient.id == Episode.patient_id)
        .outerjoin(treated, treated.c.episode_id == Visit.episode_id)
        .where(Score.scale.in_(scales), Response.finalised_at.is_not(None), *_given(filters))
        .order_by(Score.response_id, Score.scale, Score.value_set_id, Score.amendment.desc(), Score.scored_at.desc())
    )
    return session.execute(statement).all()
