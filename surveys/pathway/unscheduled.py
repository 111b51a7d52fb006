"""A questionnaire because the patient is here: of the visit whose window is open, else one that nobody planned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.db import uuid7
from surveys.models import Episode, Patient, Visit
from surveys.pathway.episode_plan import STOPS_FOLLOW_UP, EpisodeError, active_endings, lock, visits_of
from surveys.pathway.visit_state import takes_answers
from surveys.schedule import UNSCHEDULED, PlannedVisit, belonging, local_date, local_instant

STAYS_OPEN = timedelta(days=7)  # so that what was begun here can be finished at home


def questionnaire_now(session: Session, episode: Episode, *, actor: Actor, now: datetime) -> Visit:
    """The open visit that takes answers now, made where there is none; nothing is sent about a new one.

    Raises EpisodeError where follow-up has ended.
    """
    lock(session, episode)
    if any(ending.kind in STOPS_FOLLOW_UP for ending in active_endings(session, episode.id)):
        raise EpisodeError("Follow-up has ended for this patient. Take the ending back first.")
    visits = visits_of(session, episode.id)
    if there := next((visit for visit in visits if takes_answers(visit, now)), None):
        return there
    visit = _new(session, episode, visits, now)
    belongs = belongs_to(visit, visits)
    what = {"timepoint": visit.timepoint, "belongs_to": belongs.timepoint if belongs else None}
    record(session, visit.clinic_id, actor, "visit_unscheduled", ("visit", visit.id), now=now, new=what)
    return visit


def belongs_to(visit: Visit, visits: Iterable[Visit]) -> PlannedVisit | None:
    """The scheduled visit that an unscheduled one belongs to; None where nothing is scheduled."""
    scheduled = [each for each in visits if each.cancelled_at is None and not is_unscheduled(each)]
    windows = [PlannedVisit(each.timepoint, each.due_on, each.opens_at, each.closes_at) for each in scheduled]
    return belonging(visit.opens_at, windows)


def is_unscheduled(visit: Visit) -> bool:
    """Whether no plan asked for the visit."""
    return visit.timepoint.startswith(UNSCHEDULED)


def _new(session: Session, episode: Episode, visits: Sequence[Visit], now: datetime) -> Visit:
    zone = ZoneInfo(session.get_one(Patient, episode.patient_id).time_zone)
    today = local_date(now, zone)
    number = 1 + sum(is_unscheduled(visit) for visit in visits)
    visit = Visit(
        clinic_id=episode.clinic_id,
        id=uuid7(),
        episode_id=episode.id,
        timepoint=f"{UNSCHEDULED}{number}",
        due_on=today,
        opens_at=now,
        closes_at=local_instant(today + STAYS_OPEN, time(0), zone),
    )
    session.add(visit)
    session.flush()
    return visit
