"""What a patient is shown of their own scores: plainly drawn, each measure with which way is better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import Date, Select, cast, func, select
from sqlalchemy.orm import Session

from scoring.instrument import Scale, find_scale
from surveys.i18n import LazyText
from surveys.models import Episode, Patient, Response, Score, Visit

MEASURES: Mapping[str, LazyText] = MappingProxyType(  # in the patient's words, in the order shown
    {
        "odi": LazyText("How much pain limits your day"),
        "nrs_resting": LazyText("Pain at rest"),
        "nrs_active": LazyText("Pain when active"),
        "nrs_back": LazyText("Back pain"),
        "nrs_leg": LazyText("Leg pain"),
        "functionality": LazyText("What you can do"),
        "eq_vas": LazyText("Your health as a number"),
    }
)
WIDTH, HEIGHT, MARGIN = 320, 96, 10  # of the drawing's own units


@dataclass(frozen=True)
class OwnTrend:
    """One measure at two visits or more, oldest first."""

    scale: Scale
    name: LazyText
    points: tuple[tuple[date, float], ...]

    @property
    def lower_is_better(self) -> bool:
        """Which way is better."""
        return self.scale.direction == "higher_is_worse"

    @property
    def drawn(self) -> list[tuple[float, float]]:
        """Where the points stand in the drawing: true spacing in time, the whole scale from bottom to top."""
        first, last = self.points[0][0], self.points[-1][0]
        days = max((last - first).days, 1)
        return [(_across((day - first).days / days), self._up(value)) for day, value in self.points]

    def _up(self, value: float) -> float:
        share = (value - self.scale.minimum) / (self.scale.maximum - self.scale.minimum)
        return round(HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN), 1)


def _across(share: float) -> float:
    return round(MARGIN + share * (WIDTH - 2 * MARGIN), 1)


def own_trends(session: Session, episode_id: UUID) -> list[OwnTrend]:
    """Return every measure that the episode has at two visits or more; what was not scorable is left out."""
    found: dict[str, dict[UUID, tuple[datetime, date, float]]] = {}
    for scale, visit_id, value, at, day in session.execute(_newest_last(episode_id)):
        if value is not None and at is not None:
            found.setdefault(scale, {})[visit_id] = (at, day, value)
    return [
        OwnTrend(find_scale(scale), name, _in_order(list(found[scale].values())))
        for scale, name in MEASURES.items()
        if len(found.get(scale, ())) > 1
    ]


def _in_order(points: Sequence[tuple[datetime, date, float]]) -> tuple[tuple[date, float], ...]:
    return tuple((day, value) for _at, day, value in sorted(points))


def _newest_last(episode_id: UUID) -> Select[str, UUID, float | None, datetime | None, date]:
    """An amended score comes after the one it supersedes; the day is the patient's own."""
    day = cast(func.timezone(Patient.time_zone, Response.finalised_at), Date)
    return (
        select(Score.scale, Visit.id, Score.value, Response.finalised_at, day)
        .join(Response, Response.id == Score.response_id)
        .join(Visit, Visit.id == Response.visit_id)
        .join(Episode, Episode.id == Visit.episode_id)
        .join(Patient, Patient.id == Episode.patient_id)
        .where(Episode.id == episode_id, Score.scale.in_(tuple(MEASURES)))
        .order_by(Score.amendment, Score.scored_at)
    )
