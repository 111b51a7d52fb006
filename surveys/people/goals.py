"""A patient's own goal: set in an interview, rated again and again, replaced by another; its words are sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.access.keys import personal
from surveys.access.keys.encryption import Vault
from surveys.db import uuid7
from surveys.models import Episode, Goal, GoalRating, Patient, Visit
from surveys.people.holding import hold_living

PLACE = ("goal", "words_enc")
LONGEST = 200  # characters
LOWEST, HIGHEST = 0, 10


class GoalError(ValueError):
    """What was asked does not fit the goal."""


class ReplacedGoalError(GoalError):
    """The goal was replaced by another, which is the one to rate."""


class GoalDayError(GoalError):
    """A day before the goal was set, or one that has not come."""


@dataclass(frozen=True, slots=True)
class KnownGoal:
    """A goal in the clear; ``words`` None once the person is erased. ``ratings``: the newest of each day, in order."""

    goal: Goal
    words: str | None
    ratings: tuple[GoalRating, ...]

    @property
    def latest(self) -> GoalRating | None:
        """The last rating."""
        return self.ratings[-1] if self.ratings else None


def goals_of(session: Session, vault: Vault, episode_id: UUID) -> list[KnownGoal]:
    """Return every goal of an episode, the newest first."""
    theirs = select(Goal).where(Goal.episode_id == episode_id).order_by(Goal.recorded_at.desc(), Goal.id.desc())
    goals = session.scalars(theirs).all()
    ratings = select(GoalRating).where(GoalRating.goal_id.in_([goal.id for goal in goals]))
    given = session.scalars(ratings.order_by(GoalRating.on_date, GoalRating.recorded_at, GoalRating.id)).all()
    return [KnownGoal(goal, _words(vault, goal), _newest_of_days(goal, given)) for goal in goals]


def _words(vault: Vault, goal: Goal) -> str | None:
    return None if goal.words_enc is None else vault.open(goal.words_enc, *PLACE, goal.id)


def _newest_of_days(goal: Goal, ratings: Sequence[GoalRating]) -> tuple[GoalRating, ...]:
    return tuple({rating.on_date: rating for rating in ratings if rating.goal_id == goal.id}.values())


def standing_goal(session: Session, episode_id: UUID) -> Goal | None:
    """Return the goal that stands, or None."""
    standing = select(Goal).where(Goal.episode_id == episode_id, Goal.ended_on.is_(None))
    return session.scalars(standing.order_by(Goal.recorded_at.desc(), Goal.id.desc())).first()


def set_goal(
    session: Session, vault: Vault, episode: Episode, words: str, *, on: date, actor: Actor, now: datetime
) -> Goal:
    """Set the goal; the one that stood ends on the same day, and the same words again change nothing.

    Raises ClosedRecordError where the person was erased or the record merged.
    """
    patient = session.get_one(Patient, episode.patient_id)
    hold_living(session, patient)
    former = standing_goal(session, episode.id)
    if former is not None and _words(vault, former) == words:
        return former
    goal = _add(session, vault, episode, words, on=on, actor=actor, now=now)
    old = {} if former is None else {"words": _words(vault, former)}
    if former is not None:
        former.ended_on = on
    session.flush()
    said = [personal.sealed(session, vault, patient.id, each, now=now) for each in (old, {"words": words})]
    record(session, goal.clinic_id, actor, "goal_set", ("goal", goal.id), now=now, old=said[0] or None, new=said[1])
    return goal


def _add(
    session: Session, vault: Vault, episode: Episode, words: str, *, on: date, actor: Actor, now: datetime
) -> Goal:
    if actor.staff_id is None:
        raise GoalError("A goal is set by staff, together with the patient.")
    goal_id = uuid7()
    goal = Goal(
        clinic_id=episode.clinic_id,
        id=goal_id,
        episode_id=episode.id,
        words_enc=vault.seal(words, *PLACE, goal_id),
        set_on=on,
        set_by=actor.staff_id,
        recorded_at=now,
    )
    session.add(goal)
    return goal


def rate_goal(
    session: Session, goal: Goal, rating: int, *, on: date, mode: str, actor: Actor, now: datetime
) -> GoalRating:
    """Add how far the goal is reached, 0 to 10, as the patient says; it belongs to the visit open on that day.

    Raises ReplacedGoalError, GoalDayError, and ClosedRecordError where the person was erased or the record merged.
    """
    patient = _owner(session, goal)
    hold_living(session, patient)
    session.refresh(goal)
    noon = datetime.combine(on, time(12), ZoneInfo(patient.time_zone))
    _refuse(goal, on, noon, now)
    given = GoalRating(
        clinic_id=goal.clinic_id,
        id=uuid7(),
        goal_id=goal.id,
        visit_id=_visit_at(session, goal.episode_id, min(noon, now)),
        on_date=on,
        rating=rating,
        mode=mode,
        author_id=actor.staff_id,
        recorded_at=now,
    )
    session.add(given)
    session.flush()
    what = {"rating": rating, "on_date": on.isoformat(), "mode": mode}
    record(session, goal.clinic_id, actor, "goal_rated", ("goal_rating", given.id), now=now, new=what)
    return given


def _owner(session: Session, goal: Goal) -> Patient:
    return session.get_one(Patient, session.get_one(Episode, goal.episode_id).patient_id)


def _refuse(goal: Goal, on: date, noon: datetime, now: datetime) -> None:
    if goal.ended_on is not None:
        raise ReplacedGoalError
    if not goal.set_on <= on <= now.astimezone(noon.tzinfo).date():
        raise GoalDayError


def _visit_at(session: Session, episode_id: UUID, moment: datetime) -> UUID | None:
    inside = (Visit.opens_at <= moment, moment < Visit.closes_at, Visit.cancelled_at.is_(None))
    theirs = select(Visit.id).where(Visit.episode_id == episode_id, *inside)
    return session.scalars(theirs.order_by(Visit.due_on.desc())).first()
