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
    """Shares of those due and known at each follow-up, and the curve that uses everybody as long as followed."""
    points = specification.follow_ups
    figures = [_figure(specification, frame, point, arm) for point in points for arm in specification.arms]
    said = [_sentence(specification, arm, figures) for arm in specification.arms]
    known = "; ".join(each for each in said if each) or "not known"
    table = Table(
        "Free of an operation on the spine, of those due whose state is known",
        ("timepoint", "arm", "due", "not known", *RATE_COLUMNS),
        tuple(_row(specification, frame, figure) for figure in figures),
    )
    return Found(
        statement=f"Free of an operation on the spine, of those due whose state is known: {known}. "
        f"{_estimates(specification, frame)}",
        method="An operation counts as staff recorded it or as the patient told of it, whichever is earlier. Due is "
        "whose window is over. Free is who of them answered the form on events at this or a later follow-up without "
        "one; a form answered in its window counts for its due day. Who was operated on stays known and who was not "
        "may be lost, so the share of those known is lower than the Kaplan-Meier estimate, which counts everybody as "
        "long as followed: log-log intervals, censored at the last completed form. Where nobody was followed so long "
        "no share is given. Whether an operation would have been done without the treatment is not known of anyone.",
        tables=(table, _curves(specification, frame), counts_table(specification, frame, FORM)),
        figures=figures,
    )


def _due(point: Point) -> float:
    return float(point.months) * DAYS


def operated_on(frame: Frame) -> FloatArray:
    """Days to the operation: the day that staff recorded or that of the patient's answer, whichever is earlier.

    What was before the first treatment belongs to the history.
    """
    days = [frame.number(name) for name in ("operated_days", "told_days")]
    recorded, told = (np.where(each >= 0, each, np.nan) for each in days)
    first: FloatArray = np.fmin(recorded, told)
    return first


def operated_by(specification: Specification, frame: Frame, point: Point) -> BoolArray:
    """Who was operated on by a timepoint, as recorded or as reported."""
    day = operated_on(frame)
    had: BoolArray = day <= _due(point)
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


def known_at(specification: Specification, frame: Frame, point: Point) -> tuple[BoolArray, BoolArray]:
    """Who was free of an operation at a timepoint, and who was operated on by then: of those due at it alone."""
    operated, due = operated_by(specification, frame, point), frame.has(point.code, "closed")
    later = np.fmax(followed_to(specification, frame), operated_on(frame))
    return due & ~operated & (later >= _due(point)), due & operated


def _figure(specification: Specification, frame: Frame, point: Point, arm: ArmAt) -> Figure:
    free, operated = known_at(specification, frame, point)
    own = frame.arm == arm.code
    k, n = int((own & free).sum()), int((own & (free | operated)).sum())
    lost = not k and n < int((own & frame.has(point.code, "closed")).sum())  # the operated alone are no rate
    return Figure(arm.code, point.code, Proportion(0, 0) if lost else Proportion(k, n))


def _sentence(specification: Specification, arm: ArmAt, figures: list[Figure]) -> str:
    own = {figure.timepoint: figure.share for figure in figures if figure.arm == arm.code and figure.share.n}
    seen = [point for point in specification.follow_ups if point.code in own]
    said = [f"{words.rate(own[point.code])} at {point.words}" for point in seen]
    return f"{words.listed(said)} in the arm {arm.label}" if said else ""


def _row(specification: Specification, frame: Frame, figure: Figure) -> tuple[str, ...]:
    point = next(each for each in specification.follow_ups if each.code == figure.timepoint)
    arm = next(each for each in specification.arms if each.code == figure.arm)
    due = int(((frame.arm == arm.code) & frame.has(point.code, "closed")).sum())
    return (point.words, arm.label, str(due), str(due - figure.share.n), *rate_cells(figure.share))


def _estimates(specification: Specification, frame: Frame) -> str:
    """The curve of every arm at the timepoint of the statement."""
    point, said = specification.point, []
    for arm in specification.arms:
        curve, _unknown = _curve(specification, frame, frame.arm == arm.code)
        at = curve.at(_due(point) / DAYS) if curve else None
        if at is None or at.survival is None or at.interval is None:
            said.append(f"not estimable in the arm {arm.label}")
            continue
        limits = f"95 % interval {words.span(at.interval, scale=100, digits=0)} %"
        said.append(f"{words.percent(at.survival)} ({limits}) in the arm {arm.label}")
    return f"Kaplan-Meier estimate at {point.words}: {words.listed(said)}."


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
    event = operated_on(frame)[own] / DAYS
    found = follow_up(event, followed_to(specification, frame)[own] / DAYS)
    kept = found.time >= 0  # what was before the treatment tells nothing about the time after it
    curve = kaplan_meier(found.time[kept], found.event[kept]) if kept.any() else None
    return curve, found.unknown + int((~kept).sum())


KIND = Kind(
    "surgery_avoided",
    "Surgery avoided",
    "the time to an operation on the spine",
    frozenset({"timepoint"}),
    find,
    scales=(FORM,),
    facts=("operated_days", "told_days", "form_days"),
)
