"""Keeping an episode's visits and messages in step with its treatments and endings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Exists, exists, select
from sqlalchemy.orm import Session

from surveys import outbox
from surveys.db import uuid7
from surveys.models import Clinic, Ending, Episode, Patient, Response, Treatment, Visit
from surveys.outbox.staff_tasks import close_tasks
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import Protocol
from surveys.schedule import PlannedVisit, local_date, plan_visits

STOPS_FOLLOW_UP = frozenset({"follow_up_stopped", "consent_withdrawn", "died", "lost"})
STOPS_MESSAGES = STOPS_FOLLOW_UP | {"reminders_stopped"}
CONVENTIONAL = "conventional"


class EpisodeError(ValueError):
    """What was asked does not fit the episode; the text says why and what to do."""


def lock(session: Session, episode: Episode) -> None:
    """Keep others from changing the episode until the transaction ends, and read it afresh."""
    session.flush()
    session.refresh(episode, with_for_update=True)


def replan(session: Session, clinic: Clinic, episode: Episode, *, now: datetime) -> None:
    """Insert, move, cancel and revive visits until they are those the facts ask for, and plan their messages.

    A visit whose window has opened keeps it, except the baseline, which closes with the first treatment.
    Running it twice changes nothing.
    """
    patient = session.get_one(Patient, episode.patient_id)
    protocol = protocol_store.protocol_of(protocol_store.get(session, episode.protocol_id))
    ended = {ending.kind for ending in active_endings(session, episode.id)}
    visits = {visit.timepoint: visit for visit in visits_of(session, episode.id)}
    wanted = _wanted(session, episode, protocol, ZoneInfo(patient.time_zone))
    if ended & STOPS_FOLLOW_UP:
        wanted = {code: plan for code, plan in wanted.items() if code in visits and _opened(visits[code], now)}
    answered = _answered(session, visits.values())
    added = _place(session, episode, visits, wanted, protocol, answered, now=now)
    _cancel_unwanted(session, visits, wanted, protocol, answered, now=now)
    live = [visit for visit in (*visits.values(), *added) if _live(visit)]
    if live and not ended & STOPS_MESSAGES:
        outbox.plan(session, clinic, patient, live, protocol, now=now)


def index_from(treatments: Sequence[Treatment], protocol: Protocol, arm: str) -> date | None:
    """The index date that the done treatments give; in a conventional arm only its decision counts."""
    conventional = protocol.arm(arm).conventional
    days = [t.on_date for t in treatments if t.state == "done" and (t.product == CONVENTIONAL) == conventional]
    return (min if protocol.index == "first" else max)(days, default=None)


def treatments_of(session: Session, episode_id: UUID) -> Sequence[Treatment]:
    """All treatments of an episode, earliest first."""
    wanted = select(Treatment).where(Treatment.episode_id == episode_id)
    return session.scalars(wanted.order_by(Treatment.on_date, Treatment.id)).all()


def visits_of(session: Session, episode_id: UUID) -> Sequence[Visit]:
    """All visits of an episode, cancelled ones too, in the order of their dates."""
    return session.scalars(select(Visit).where(Visit.episode_id == episode_id).order_by(Visit.due_on, Visit.id)).all()


def active_endings(session: Session, episode_id: UUID) -> Sequence[Ending]:
    """Endings not taken back."""
    wanted = select(Ending).where(Ending.episode_id == episode_id, Ending.revoked_at.is_(None))
    return session.scalars(wanted.order_by(Ending.recorded_at)).all()


def ended_by(kinds: Set[str]) -> Exists:
    """For queries over ``Episode``: whether an ending of these kinds is in force."""
    return exists().where(Ending.episode_id == Episode.id, Ending.revoked_at.is_(None), Ending.kind.in_(kinds))


def _wanted(session: Session, episode: Episode, protocol: Protocol, zone: ZoneInfo) -> dict[str, PlannedVisit]:
    treatments = [t for t in treatments_of(session, episode.id) if t.state != "cancelled"]
    first = min((t.on_date for t in treatments), default=None)
    planned = plan_visits(episode.index_date, episode.enrolled_on, protocol.timepoints, zone, first_treatment_on=first)
    waits_from = _waits_from(treatments, episode, protocol)
    return {
        visit.timepoint: visit
        for visit in planned
        if waits_from is None
        or protocol.timepoint(visit.timepoint).is_baseline
        or local_date(visit.opens_at, zone) <= waits_from
    }


def _waits_from(treatments: Sequence[Treatment], episode: Episode, protocol: Protocol) -> date | None:
    """The day of a planned treatment that will move the index date: what opens after it waits for "done"."""
    if protocol.index == "first" or episode.index_date is None:
        return None
    pending = [t.on_date for t in treatments if t.state == "planned" and t.on_date > episode.index_date]
    return min(pending, default=None)


def _opened(visit: Visit, now: datetime) -> bool:
    return visit.cancelled_at is None and visit.opens_at <= now


def _live(visit: Visit) -> bool:
    return visit.cancelled_at is None and visit.submitted_at is None and visit.closed_at is None


def _place(
    session: Session,
    episode: Episode,
    visits: Mapping[str, Visit],
    wanted: Mapping[str, PlannedVisit],
    protocol: Protocol,
    answered: Set[UUID],
    *,
    now: datetime,
) -> list[Visit]:
    """Move what may move; return the visits that were missing."""
    for code, plan in wanted.items():
        visit = visits.get(code)
        if visit is None:
            continue
        if protocol.timepoint(code).is_baseline and visit.submitted_at is None:
            _move_baseline(visit, plan, now=now)
        elif _movable(visit, answered, now=now):
            _move(visit, plan)
    added = [_visit(episode, plan) for code, plan in wanted.items() if code not in visits]
    session.add_all(added)
    return added


def _visit(episode: Episode, plan: PlannedVisit) -> Visit:
    return Visit(
        clinic_id=episode.clinic_id,
        id=uuid7(),
        episode_id=episode.id,
        timepoint=plan.timepoint,
        due_on=plan.due_on,
        opens_at=plan.opens_at,
        closes_at=plan.closes_at,
    )


def _answered(session: Session, visits: Iterable[Visit]) -> Set[UUID]:
    """The visits with a response, begun or sent."""
    theirs = Response.visit_id.in_([visit.id for visit in visits])
    return set(session.scalars(select(Response.visit_id).where(theirs).distinct()))


def _movable(visit: Visit, answered: Set[UUID], *, now: datetime) -> bool:
    """Not opened, not sent and nothing answered."""
    over = _opened(visit, now) or visit.submitted_at is not None or visit.closed_at is not None
    return not over and visit.id not in answered


def _move(visit: Visit, plan: PlannedVisit) -> None:
    visit.due_on, visit.opens_at, visit.closes_at = plan.due_on, plan.opens_at, plan.closes_at
    visit.cancelled_at = None


def _move_baseline(visit: Visit, plan: PlannedVisit, *, now: datetime) -> None:
    """Close it with the first treatment; a treatment put off opens it again."""
    _move(visit, plan)
    if visit.closed_at is not None and plan.closes_at > now.astimezone(UTC):
        visit.closed_at = None


def _cancel_unwanted(
    session: Session,
    visits: Mapping[str, Visit],
    wanted: Mapping[str, PlannedVisit],
    protocol: Protocol,
    answered: Set[UUID],
    *,
    now: datetime,
) -> None:
    planned_codes = {timepoint.code for timepoint in protocol.timepoints} - set(wanted)
    unwanted = [v for code, v in visits.items() if code in planned_codes and _movable(v, answered, now=now)]
    for visit in unwanted:
        visit.cancelled_at = visit.cancelled_at or now
    if unwanted:
        ids = [visit.id for visit in unwanted]
        outbox.cancel_waiting(session, *ids, cause="visit_cancelled", now=now)
        close_tasks(session, ids, "visit_cancelled", now=now)
