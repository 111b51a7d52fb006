"""Everything on a patient's one page, read once: the screen, the paper and the plain text show the same object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from scoring.instrument import Scale, load_instruments
from surveys.access.keys.encryption import Vault
from surveys.i18n import language
from surveys.models import Patient, Staff
from surveys.outcomes.figure import Figure
from surveys.outcomes.sheet.answers import AnswerTable, answers_of
from surveys.outcomes.sheet.course import Course, Moment, Point, course_of
from surveys.outcomes.sheet.drawn import figure_of
from surveys.outcomes.sheet.reading import Calendar, values_of
from surveys.outcomes.sheet.rules import rule_of
from surveys.outcomes.sheet.span import Span
from surveys.patient_page import EpisodeView, VisitLine
from surveys.people.goals import KnownGoal, goals_of
from surveys.protocols.model import Protocol
from surveys.schedule import local_date

NOT_DRAWN = frozenset({"events", "opioids"})  # yes or no: a line would say nothing
SAID_BY_T = frozenset({"gph_raw", "gmh_raw"})  # the T score draws the same course on a scale with a known mean


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure with its figure."""

    course: Course
    figure: Figure


@dataclass(frozen=True, slots=True)
class SheetVisit:
    """A visit that was due, with what was sent about it."""

    moment: Moment
    line: VisitLine


@dataclass(frozen=True, slots=True)
class Sheet:
    """One episode of one patient, as of a moment."""

    patient: Patient
    view: EpisodeView
    as_of: datetime
    clinician: str | None
    visits: tuple[SheetVisit, ...]
    measures: tuple[Measure, ...]
    goals: tuple[KnownGoal, ...]
    answers: tuple[AnswerTable, ...]

    @property
    def protocol(self) -> Protocol:
        """The protocol the episode follows."""
        return self.view.protocol

    @property
    def day(self) -> date:
        """The calendar date where the patient lives."""
        return local_date(self.as_of, ZoneInfo(self.patient.time_zone))

    def measures_at(self, visit: SheetVisit) -> list[tuple[Scale, Point | None]]:
        """Every measure with its point at a visit; None where the visit did not ask for it."""
        return [(each.course.scale, each.course.at(visit.moment.visit_id)) for each in self.measures]

    def measure(self, scale: str) -> Measure | None:
        """A measure by its scale; None where there is none."""
        return next((each for each in self.measures if each.course.scale.code == scale), None)

    @property
    def standing_goal(self) -> KnownGoal | None:
        """The goal that was not replaced."""
        return next((each for each in self.goals if each.goal.ended_on is None), None)

    @property
    def missing(self) -> tuple[SheetVisit, ...]:
        """The visits whose window is over without an answer."""
        return tuple(each for each in self.visits if each.moment.state == "missed" and each.moment.how is None)


def build(session: Session, vault: Vault, patient: Patient, view: EpisodeView, *, now: datetime) -> Sheet:
    """Put the page together for one episode of ``episodes_of``."""
    calendar = Calendar(view, ZoneInfo(patient.time_zone))
    clinician = session.get(Staff, view.episode.clinician_id) if view.episode.clinician_id else None
    courses = list(_courses(session, calendar))
    visits = tuple(_visits(calendar))
    pairs = [(each.moment, each.line) for each in visits]
    return Sheet(
        patient=patient,
        view=view,
        as_of=now,
        clinician=clinician.name if clinician else None,
        visits=visits,
        measures=tuple(_measures(courses, calendar, now)),
        goals=tuple(goals_of(session, vault, view.episode.id)),
        answers=tuple(answers_of(session, pairs, view.protocol.instruments, language())),
    )


def _courses(session: Session, calendar: Calendar) -> Iterator[Course]:
    """Measures with a value, in the order in which the protocol asks."""
    values, protocol = values_of(session, calendar.view), calendar.view.protocol
    for instrument, scale in scales_of(protocol):
        asked = calendar.moments(instrument, [values.get(scale.code, {})])
        found = values.get(scale.code, {})
        course = course_of(scale, rule_of(scale, protocol), asked, found, baseline_code=calendar.baseline_code)
        if any(point.value is not None for point in course.points):
            yield course


def scales_of(protocol: Protocol) -> list[tuple[str, Scale]]:
    """Instruments in the order in which the protocol asks them, each with its scales that have a better end."""
    asked = dict.fromkeys(entry.instrument for timepoint in protocol.timepoints for entry in timepoint.battery)
    instruments = load_instruments()
    return [
        (code, scale)
        for code in asked
        if code not in NOT_DRAWN
        for scale in instruments[code].scales
        if scale.direction != "none" and scale.code not in SAID_BY_T and not scale.code.endswith("_se")
    ]


def _measures(courses: list[Course], calendar: Calendar, now: datetime) -> Iterator[Measure]:
    places = [point.moment.months for course in courses for point in course.points]
    given = tuple(calendar.months(day) for day in calendar.given)
    span = Span(min((*places, *given, 0.0)), max((*places, *given, 0.0)), given)
    for course in courses:
        code = f"sheet-{calendar.view.episode.id.hex[-8:]}-{course.scale.code}"
        yield Measure(course, figure_of(code, course, span, as_of=now))


def _visits(calendar: Calendar) -> Iterator[SheetVisit]:
    """Visits that were due or answered, in order; those that wait or were cancelled are no gaps."""
    shown = [line for line in calendar.view.visits if line.state not in ("cancelled", "waiting") or line.responses]
    visits = [SheetVisit(calendar.moment(line), line) for line in shown]
    yield from sorted(visits, key=lambda each: (each.moment.months, each.moment.on))
