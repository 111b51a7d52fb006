"""A synthetic patient's goal and its ratings, taken down by the coordinator at the calls about questionnaires."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time

from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor
from surveys.access.keys.encryption import Vault
from surveys.demo.lives import Life
from surveys.models import Episode
from surveys.people.goals import rate_goal, set_goal, standing_goal

Act = Callable[[datetime], None]


def goal_events(
    session: Session, vault: Vault, episode: Episode, life: Life, *, coordinator: Actor
) -> Iterator[tuple[datetime, Act]]:
    """Yield when the goal is set and rated, with the act; nobody is asked once follow-up has ended."""
    if life.goal is None:
        return
    words, last = life.goal.words, life.ending[1] if life.ending else date.max

    def setting(now: datetime) -> None:
        set_goal(session, vault, episode, words, on=now.date(), actor=coordinator, now=now)

    yield _moment(life.enrolled_on), setting
    for day, rating in life.goal.ratings:
        if day < last:
            yield _moment(day), _rating(session, episode, rating, coordinator)


def _rating(session: Session, episode: Episode, rating: int, coordinator: Actor) -> Act:
    def act(now: datetime) -> None:
        goal = standing_goal(session, episode.id)
        if goal is not None:
            rate_goal(session, goal, rating, on=now.date(), mode="interview", actor=coordinator, now=now)

    return act


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(11), tzinfo=UTC)
