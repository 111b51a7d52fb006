"""Surgery avoided: "81 % were free of surgery at 24 months", with who was followed so long."""

from __future__ import annotations

import numpy as np

from scoring.survival import Curve, follow_up, kaplan_meier
from scoring.two_arms import Proportion
from scoring.types import BoolArray, FloatArray
from surveys.outcomes.claims import words
from surveys.outcomes.claims.counts import counts_table
from surveys.outcomes.claims.found import RATE_COLUMNS, Figure, Found, Kind, Table, rate_cells
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.specification import ArmAt, Point, Specification

DAYS = 365.25 / 12  # in a month
FORM = "spine_operation"


def find(specification: Specification, frame: Frame) -> Found:
    """Shares of those known at each follow-up, and the curve that uses everybody as long as followed."""
    points = specification.follow_ups
    figures = [_figure(specification, frame, point, arm) for point in points for arm in specification.arms]
    said = [_sentence(specification, arm, figures) for arm in specification.arms]
    table = Table(
        "Free of an operation on the spine, of those whose state is known",
        ("timepoint", "arm", "enrolled", "not known", *RATE_COLUMNS),
        tuple(_row(specification, frame, figure) for figure in figures),
    )
    return Found(
        statement=f"Free of an operation on the spine: {'; '.join(each for each in said if each) or 'not known'}.",
        method="An operation counts as staff recorded it or as the patient reported it. Free is who answered the form "
        "on events at this or a later follow-up without one; a form answered in its window counts for its due day. "
        "Kaplan-Meier estimates with log-log intervals, censored at the last completed form. Whether an operation "
        "would have been done without the treatment is not known of anyone.",
        tables=(table, _curves(specification, frame), counts_table(specification, frame, FORM)),
        figures=figures,
    )


def _due(point: Point) -> float:
    return float(point.months) * DAYS


def operated_by(specification: Specification, frame: Frame, point: Point) -> BoolArray:
    """Who was operated on by a timepoint, as recorded or as reported."""
    had: BoolArray = frame.number("operated_days") <= _due(point)
    for each in specification.follow_ups:
        if float(each.months) <= float(point.months):
            had |= frame.value(each.code, FORM) == 1
    return had


def followed_to(specification: Specification, frame: Frame) -> FloatArray:
    """Days after the index date to which a form on events reaches; NaN where none was completed."""
    reached = frame.number("form_days")
    for point in specification.follow_ups:
        answered = np.isfinite(frame.value(point.code, FORM))
        reached = np.where(answered, np.fmax(reached, _due(point)), reached)
    return reached


def _figure(specification: Specification, frame: Frame, point: Point, arm: ArmAt) -> Figure:
    operated = operated_by(specification, frame, point)
    later = np.fmax(followed_to(specification, frame), frame.number("operated_days"))
    free = ~operated & (later >= _due(point))
    own = frame.arm == arm.code
    return Figure(arm.code, point.code, Proportion(int((own & free).sum()), int((own & (free | operated)).sum())))


def _sentence(specification: Specification, arm: ArmAt, figures: list[Figure]) -> str:
    own = {figure.timepoint: figure.share for figure in figures if figure.arm == arm.code and figure.share.n}
    seen = [point for point in specification.follow_ups if point.code in own]
    said = [f"{words.rate(own[point.code])} at {point.words}" for point in seen]
    return f"{words.listed(said)} in the arm {arm.label}" if said else ""


def _row(specification: Specification, frame: Frame, figure: Figure) -> tuple[str, ...]:
    point = next(each for each in specification.follow_ups if each.code == figure.timepoint)
    arm = next(each for each in specification.arms if each.code == figure.arm)
    enrolled = int((frame.arm == arm.code).sum())
    return (point.words, arm.label, str(enrolled), str(enrolled - figure.share.n), *rate_cells(figure.share))


def _curves(specification: Specification, frame: Frame) -> Table:
    rows: list[tuple[str, ...]] = []
    for arm in specification.arms:
        curve, unknown = _curve(specification, frame, frame.arm == arm.code)
        if curve is None:
            rows.append((arm.label, *(words.DASH,) * 5, f"nobody was followed ({unknown} not known)"))
            continue
        for point in specification.follow_ups:
            at = curve.at(_due(point) / DAYS)
            limits = words.span(at.interval, scale=100)
            numbers = (str(at.at_risk), str(at.events), words.percent(at.survival, 1), limits)
            rows.append((arm.label, point.words, *numbers, at.note or at.method))
    columns = ("arm", "timepoint", "at risk", "operations", "free", "95 % interval, %", "note")
    return Table("Kaplan-Meier estimates", columns, tuple(rows))


def _curve(specification: Specification, frame: Frame, own: BoolArray) -> tuple[Curve | None, int]:
    event = frame.number("operated_days")[own] / DAYS
    found = follow_up(event, followed_to(specification, frame)[own] / DAYS)
    return (kaplan_meier(found.time, found.event) if len(found.time) else None), found.unknown


KIND = Kind(
    "surgery_avoided",
    "Surgery avoided",
    "the time to an operation on the spine",
    frozenset({"timepoint"}),
    find,
    scales=(FORM,),
    facts=("operated_days", "form_days"),
)
