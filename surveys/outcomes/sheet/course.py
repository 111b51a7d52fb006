"""One measure of one patient: its value at each visit that asked for it, and what the change from the baseline says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from scoring.change import improvement_sign
from scoring.individual import Change
from scoring.instrument import Scale
from surveys.outcomes.sheet.rules import PersonalRule
from surveys.outcomes.sheet.signal import Signal, signal_of


@dataclass(frozen=True, slots=True)
class Moment:
    """One visit. ``on``: the day of the answer, else when it was due; ``months`` from the start, negative before it.

    ``state`` as of visits; ``how``: the mode, None without an answer; ``late``: answered after the window, of a
    baseline after the first treatment.
    """

    visit_id: UUID
    timepoint: str
    name: str
    state: str
    on: date
    months: float
    how: str | None
    late: bool


@dataclass(frozen=True, slots=True)
class Point:
    """A measure at one visit; ``value`` None: no answer or not scorable. ``change``: positive improves."""

    moment: Moment
    value: float | None
    change: float | None
    state: Change | None

    @property
    def signal(self) -> Signal | None:
        """What the change says."""
        return signal_of(self.state)


@dataclass(frozen=True, slots=True)
class Course:
    """A measure over the visits that asked for it, oldest first. ``baseline``: the score that changes count from."""

    scale: Scale
    rule: PersonalRule
    points: tuple[Point, ...]
    baseline: float | None
    baseline_id: UUID | None  # the visit before the treatment, where it asks for the measure

    @property
    def latest(self) -> Point | None:
        """The last visit with a value after the baseline's."""
        later = [each for each in self.points if each.value is not None and each.moment.visit_id != self.baseline_id]
        return later[-1] if later else None

    def at(self, visit_id: UUID) -> Point | None:
        """The point of a visit; None where the visit did not ask."""
        return next((each for each in self.points if each.moment.visit_id == visit_id), None)


def course_of(
    scale: Scale,
    rule: PersonalRule,
    asked: Sequence[Moment],
    values: Mapping[UUID, float | None],
    *,
    baseline_code: str,
) -> Course:
    """Put a measure together; a baseline given after the treatment is shown and never counted from."""
    first = next((each for each in asked if each.timepoint == baseline_code), None)
    start = values.get(first.visit_id) if first is not None and not first.late else None
    ordered = sorted(asked, key=lambda each: (each.months, each.on))
    points = tuple(_point(rule, each, values.get(each.visit_id), start, counts=each is not first) for each in ordered)
    return Course(scale, rule, points, start, first.visit_id if first is not None else None)


def _point(rule: PersonalRule, moment: Moment, value: float | None, start: float | None, *, counts: bool) -> Point:
    if not counts or value is None or start is None:
        return Point(moment, value, None, None)
    change = round(improvement_sign(rule.scale) * (value - start), 10)  # 0.3 - 0.2 leaves a trace of binary
    return Point(moment, value, change, rule.state(start, value))
