"""Everything a clinician sees of one patient, read in a few statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.models import (
    Answer,
    Consent,
    Ending,
    Endpoint,
    Episode,
    Message,
    Patient,
    Response,
    Score,
    Treatment,
    Visit,
)
from surveys.outbox.listing import carriers
from surveys.outcomes.figure import Figure
from surveys.outcomes.opioid_words import Told, told_of
from surveys.pathway.episode_plan import treatments_of, visits_of
from surveys.pathway.unscheduled import belongs_to, is_unscheduled
from surveys.pathway.visit_state import visit_state
from surveys.people.opioid_statements import statements_of
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import Protocol
from surveys.trends import Answered, Course, trends_of


@dataclass(frozen=True)
class VisitLine:
    """A visit with its state, messages and newest scores by scale."""

    visit: Visit
    state: str
    messages: Sequence[Message]
    scores: Mapping[str, float | None]
    responses: Sequence[Response]
    amended: bool
    along: Mapping[UUID, str]  # the timepoint in whose message a message went, by its id
    nearest: str | None  # the timepoint that an unscheduled visit belongs to


@dataclass(frozen=True)
class EpisodeView:
    """An episode with all that hangs on it."""

    episode: Episode
    protocol: Protocol
    visits: Sequence[VisitLine]
    treatments: Sequence[Treatment]
    endings: Sequence[Ending]
    endpoints: Sequence[Endpoint]
    trends: Sequence[Figure]
    opioids: Sequence[Told]


def episodes_of(session: Session, patient: Patient, *, now: datetime) -> list[EpisodeView]:
    """The patient's episodes, the newest first."""
    theirs = select(Episode).where(Episode.patient_id == patient.id).order_by(Episode.created_at.desc())
    return [_view(session, patient, episode, now) for episode in session.scalars(theirs)]


def _view(session: Session, patient: Patient, episode: Episode, now: datetime) -> EpisodeView:
    endings = select(Ending).where(Ending.episode_id == episode.id).order_by(Ending.recorded_at)
    endpoints = select(Endpoint).where(Endpoint.episode_id == episode.id).order_by(Endpoint.on_date)
    protocol = protocol_store.protocol_of(protocol_store.get(session, episode.protocol_id))
    lines, treatments = _lines(session, patient, episode, now), treatments_of(session, episode.id)
    course = Course(episode, protocol, treatments, ZoneInfo(patient.time_zone), now)
    return EpisodeView(
        episode,
        protocol,
        lines,
        treatments,
        session.scalars(endings).all(),
        session.scalars(endpoints).all(),
        trends_of(course, [Answered(line.visit, line.state, line.scores, line.responses) for line in lines]),
        told_of(statements_of(session, episode.id), [line.visit for line in lines], course.zone),
    )


def _lines(session: Session, patient: Patient, episode: Episode, now: datetime) -> list[VisitLine]:
    visits, zone = visits_of(session, episode.id), ZoneInfo(patient.time_zone)
    ids = [visit.id for visit in visits]
    messages = session.scalars(select(Message).where(Message.visit_id.in_(ids)).order_by(Message.due_at)).all()
    responses = session.scalars(select(Response).where(Response.visit_id.in_(ids))).all()
    scores, amended, along = _newest_scores(session, ids), _amended(session, ids), carriers(session, messages)
    return [
        VisitLine(
            visit,
            visit_state(visit, zone, now),
            [message for message in messages if message.visit_id == visit.id],
            scores.get(visit.id, {}),
            [response for response in responses if response.visit_id == visit.id],
            visit.id in amended,
            along,
            nearest.timepoint if is_unscheduled(visit) and (nearest := belongs_to(visit, visits)) else None,
        )
        for visit in visits
    ]


def _newest_scores(session: Session, visit_ids: Sequence[UUID]) -> dict[UUID, dict[str, float | None]]:
    """Per visit and scale the score of the last amendment."""
    wanted = (
        select(Response.visit_id, Score.scale, Score.value)
        .join(Response, Response.id == Score.response_id)
        .where(Response.visit_id.in_(visit_ids))
        .order_by(Score.amendment, Score.scored_at)
    )
    found: dict[UUID, dict[str, float | None]] = {}
    for visit_id, scale, value in session.execute(wanted):
        found.setdefault(visit_id, {})[scale] = value
    return found


def _amended(session: Session, visit_ids: Sequence[UUID]) -> set[UUID]:
    changed = select(Response.visit_id).join(Answer, Answer.response_id == Response.id)
    wanted = changed.where(Response.visit_id.in_(visit_ids), Answer.reason.is_not(None))
    return set(session.scalars(wanted.distinct()))


def consents_of(session: Session, patient: Patient) -> Sequence[Consent]:
    """All consents ever given, the newest first."""
    theirs = select(Consent).where(Consent.patient_id == patient.id)
    return session.scalars(theirs.order_by(Consent.given_at.desc())).all()
