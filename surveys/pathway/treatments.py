"""Treatments of an episode: planned, then done or cancelled; a done one gives the index date."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.db import uuid7
from surveys.models import Clinic, Episode, Treatment
from surveys.pathway.episode_plan import EpisodeError, index_from, lock, replan, treatments_of
from surveys.protocols import store as protocol_store
from surveys.schedule import local_date

FIRST_YEAR = 1990
YEARS_AHEAD = 10


@dataclass(frozen=True)
class TreatmentDetails:
    """What is given, and the doses (units as in ``surveys.models.Treatment``)."""

    on_date: date
    product: str
    levels: str | None = None
    total_nucleated_cells: float | None = None
    cfu_f: float | None = None
    cd34: float | None = None
    platelets: float | None = None


def plan_treatment(
    session: Session, clinic: Clinic, episode: Episode, details: TreatmentDetails, *, actor: Actor, now: datetime
) -> Treatment:
    """Add a planned treatment; the baseline will close with it, and follow-ups wait until it is settled.

    Raises EpisodeError for a year that is a slip of the hand.
    """
    _check_year(details.on_date, now)
    lock(session, episode)
    treatment = Treatment(
        clinic_id=clinic.id, id=uuid7(), episode_id=episode.id, state="planned", created_at=now, **asdict(details)
    )
    session.add(treatment)
    session.flush()
    _note(session, treatment, actor, "treatment_planned", now=now)
    replan(session, clinic, episode, now=now)
    return treatment


def settle_treatment(
    session: Session,
    clinic: Clinic,
    treatment: Treatment,
    state: str,
    *,
    on_date: date | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Confirm a treatment as done (on ``on_date``, else as planned) or cancelled; corrections are allowed.

    Raises EpisodeError for a done treatment in the future, and for a year that is a slip of the hand.
    """
    episode = session.get_one(Episode, treatment.episode_id)
    lock(session, episode)
    session.refresh(treatment)
    day = on_date or treatment.on_date
    _check_year(day, now)
    if state == "done" and day > local_date(now, ZoneInfo(clinic.time_zone)):
        raise EpisodeError("A treatment cannot be done on a day that has not come. Check the date.")
    old = {"state": treatment.state, "on_date": treatment.on_date.isoformat()}
    treatment.state, treatment.on_date = state, day
    treatment.settled_at, treatment.settled_by = now, actor.staff_id
    session.flush()
    _note(session, treatment, actor, f"treatment_{state}", now=now, old=old)
    follow_treatments(session, clinic, episode, actor=actor, now=now)


def correct_index_date(
    session: Session, clinic: Clinic, episode: Episode, on_date: date, *, reason: str, actor: Actor, now: datetime
) -> None:
    """Move the done treatment that gives the index date to the day it really was; what has not opened moves.

    Raises EpisodeError where no treatment is done, or where another one would then give the index date.
    """
    _check_year(on_date, now)
    lock(session, episode)
    if on_date > local_date(now, ZoneInfo(clinic.time_zone)):
        raise EpisodeError("The index date cannot lie in the future. Check the date.")
    treatment = _giver(session, episode)
    old = {"on_date": treatment.on_date.isoformat()}
    treatment.on_date = on_date
    session.flush()
    _note(session, treatment, actor, "index_date_corrected", now=now, old=old, reason=reason)
    follow_treatments(session, clinic, episode, actor=actor, now=now)
    if episode.index_date != on_date:
        raise EpisodeError("Another treatment would then give the index date. Correct the treatments' dates first.")


def _check_year(day: date, now: datetime) -> None:
    """All visits are counted from this day: 1900, or 2206 for 2026, would plan them where nobody looks."""
    if not FIRST_YEAR <= day.year <= now.year + YEARS_AHEAD:
        raise EpisodeError("Check the year: a treatment lies between 1990 and ten years ahead.")


def _giver(session: Session, episode: Episode) -> Treatment:
    """The done treatment that the index date comes from."""
    for treatment in treatments_of(session, episode.id):
        if treatment.state == "done" and treatment.on_date == episode.index_date:
            return treatment
    raise EpisodeError("No treatment is done yet, so there is no index date. Confirm the treatment first.")


def follow_treatments(session: Session, clinic: Clinic, episode: Episode, *, actor: Actor, now: datetime) -> None:
    """Set the index date that the done treatments give, and re-plan."""
    protocol = protocol_store.protocol_of(protocol_store.get(session, episode.protocol_id))
    old, new = episode.index_date, index_from(treatments_of(session, episode.id), protocol, episode.arm)
    if old != new:
        episode.index_date = new
        _note_index(session, episode, old, actor, now=now)
    replan(session, clinic, episode, now=now)


def _note_index(session: Session, episode: Episode, old: date | None, actor: Actor, *, now: datetime) -> None:
    before, after = ({"index_date": day.isoformat() if day else None} for day in (old, episode.index_date))
    subject = ("episode", episode.id)
    record(session, episode.clinic_id, actor, "index_date_set", subject, now=now, old=before, new=after)


def _note(
    session: Session,
    treatment: Treatment,
    actor: Actor,
    action: str,
    *,
    now: datetime,
    old: dict[str, str] | None = None,
    reason: str | None = None,
) -> None:
    new = {"state": treatment.state, "on_date": treatment.on_date.isoformat(), "product": treatment.product}
    subject = ("treatment", treatment.id)
    record(session, treatment.clinic_id, actor, action, subject, now=now, old=old, new=new, reason=reason)
