"""Which scales of a patient are drawn over time, and what each visit adds to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from scoring.instrument import load_instruments
from surveys.answering.battery import battery_of
from surveys.i18n import gettext as _
from surveys.models import Episode, Response, Treatment, Visit
from surveys.outcomes.figure import Figure
from surveys.outcomes.trend import TrendPoint, months_between, trend_figure
from surveys.outcomes.words import timepoint_words
from surveys.protocols.loading import Protocol
from surveys.schedule import local_date

NOT_DRAWN = frozenset({"events", "opioids"})  # yes or no: they stand in the answers, a line would say nothing
SAID_BY_T = frozenset({"gph_raw", "gmh_raw"})  # the T score draws the same course on a scale with a known mean
OVER = frozenset({"sent", "missed"})


@dataclass(frozen=True)
class Course:
    """An episode with what its time axis needs."""

    episode: Episode
    protocol: Protocol
    treatments: Sequence[Treatment]
    zone: ZoneInfo
    now: datetime

    @property
    def start(self) -> date:
        """The day that counts as month 0: the index date, before that the enrolment."""
        return self.episode.index_date or self.episode.enrolled_on


@dataclass(frozen=True)
class Answered:
    """A visit with its state, newest scores by scale, and responses."""

    visit: Visit
    state: str
    scores: Mapping[str, float | None]
    responses: Sequence[Response]


def trends_of(course: Course, visits: Sequence[Answered]) -> list[Figure]:
    """One figure per scale that has a value, in the order of the instruments."""
    given = [months_between(course.start, t.on_date) for t in course.treatments if t.state == "done"]
    figures = []
    for instrument, scale in _drawable(course.protocol):
        points = [_point(course, each, instrument, scale) for each in visits if _asked(course, each, instrument)]
        if any(point.value is not None for point in points):
            code = f"trend-{course.episode.id.hex[-8:]}-{scale}"
            figures.append(trend_figure(code, scale, points, given, as_of=course.now))
    return figures


def _drawable(protocol: Protocol) -> list[tuple[str, str]]:
    """Instruments in the order in which the protocol asks them, each with its scales that have a better end."""
    asked = dict.fromkeys(entry.instrument for timepoint in protocol.timepoints for entry in timepoint.battery)
    instruments = load_instruments()
    return [
        (code, scale.code)
        for code in asked
        if code not in NOT_DRAWN
        for scale in instruments[code].scales
        if scale.direction != "none" and scale.code not in SAID_BY_T
    ]


def _asked(course: Course, each: Answered, instrument: str) -> bool:
    """Whether the visit is over, or has scores, and asked the instrument."""
    if each.state == "cancelled" or not (each.state in OVER or each.scores):
        return False
    return any(entry.instrument == instrument for entry in battery_of(course.protocol, each.visit.timepoint))


def _point(course: Course, each: Answered, instrument: str, scale: str) -> TrendPoint:
    response = next((own for own in each.responses if own.instrument == instrument and own.finalised_at), None)
    answered = response.finalised_at if response else None
    on = local_date(answered, course.zone) if answered else each.visit.due_on
    how = response.mode if response else _("no answer")
    return TrendPoint(_name(course, each.visit), months_between(course.start, on), on, each.scores.get(scale), how)


def _name(course: Course, visit: Visit) -> str:
    planned = {timepoint.code: timepoint for timepoint in course.protocol.timepoints}
    timepoint = planned.get(visit.timepoint)
    return timepoint_words(timepoint) if timepoint else visit.timepoint.replace("-", " ").capitalize()
