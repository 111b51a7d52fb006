"""A patient's scores by visit, and when and how each was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.answering.battery import battery_of
from surveys.models import Response, Score
from surveys.outcomes.sheet.course import Moment
from surveys.outcomes.trend import months_between
from surveys.outcomes.words import timepoint_words
from surveys.patient_page import EpisodeView, VisitLine
from surveys.schedule import local_date, local_instant

OVER = frozenset({"sent", "missed"})
Values = Mapping[str, Mapping[UUID, float | None]]  # by scale, then by visit


def values_of(session: Session, view: EpisodeView) -> Values:
    """The newest score of each scale and visit; of an index, under the protocol's value set and no other."""
    wanted = (
        select(Response.visit_id, Score.scale, Score.value, Score.value_set_id)
        .join(Response, Response.id == Score.response_id)
        .where(Response.visit_id.in_([line.visit.id for line in view.visits]), Response.finalised_at.is_not(None))
        .order_by(Score.amendment, Score.scored_at)
    )
    found: dict[str, dict[UUID, float | None]] = {}
    for visit_id, scale, value, value_set in session.execute(wanted):
        if value_set in (None, view.protocol.value_set):
            found.setdefault(scale, {})[visit_id] = value
    return found


@dataclass(frozen=True, slots=True)
class Calendar:
    """What places a visit in time. ``start``: the day that counts as month 0."""

    view: EpisodeView
    zone: ZoneInfo

    @property
    def start(self) -> date:
        """The index date, before that the enrolment."""
        return self.view.episode.index_date or self.view.episode.enrolled_on

    @property
    def given(self) -> tuple[date, ...]:
        """The days of treatments done, in order."""
        return tuple(sorted(each.on_date for each in self.view.treatments if each.state == "done"))

    def months(self, day: date) -> float:
        """Months from the start."""
        return months_between(self.start, day)

    def moments(self, instrument: str, values: Sequence[Mapping[UUID, float | None]]) -> list[Moment]:
        """The visits that are over, or have a score, and asked the instrument."""
        return [
            self.moment(line, instrument)
            for line in self.view.visits
            if line.state != "cancelled"
            and (line.state in OVER or any(line.visit.id in each for each in values))
            and instrument in {entry.instrument for entry in battery_of(self.view.protocol, line.visit.timepoint)}
        ]

    def moment(self, line: VisitLine, instrument: str | None = None) -> Moment:
        """A visit, by one instrument's answer or by the first that is there."""
        given = [(own.finalised_at, own) for own in line.responses if own.finalised_at]
        wanted = [pair for pair in given if instrument in (None, pair[1].instrument)]
        response = min(wanted, key=lambda pair: pair[0])[1] if wanted else None
        at = self._answered_at(line, response)
        on = local_date(at, self.zone) if at else line.visit.due_on
        return Moment(
            line.visit.id,
            line.visit.timepoint,
            self._name(line),
            line.state,
            on,
            self.months(on),
            response.mode if response else None,
            at is not None and self._is_late(line, response, at),
        )

    def _answered_at(self, line: VisitLine, response: Response | None) -> datetime | None:
        """An unsent response was answered before its window closed; the moment it was finalised is the program's."""
        if response is None or response.finalised_at is None:
            return None
        return (
            min(response.finalised_at, line.visit.closes_at) if response.finality == "unsent" else response.finalised_at
        )

    def _is_late(self, line: VisitLine, response: Response | None, at: datetime) -> bool:
        """After the window; of the baseline, after the day of the first treatment."""
        if line.visit.timepoint == self.baseline_code and self.given:
            return at > local_instant(self.given[0] + timedelta(days=1), time(0), self.zone)
        return response is not None and response.finality == "submitted" and at >= line.visit.closes_at

    @property
    def baseline_code(self) -> str:
        """The timepoint before the treatment."""
        return next(each.code for each in self.view.protocol.timepoints if each.is_baseline)

    def _name(self, line: VisitLine) -> str:
        planned = {timepoint.code: timepoint for timepoint in self.view.protocol.timepoints}
        timepoint = planned.get(line.visit.timepoint)
        return timepoint_words(timepoint) if timepoint else line.visit.timepoint.replace("-", " ").capitalize()
