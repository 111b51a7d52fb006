"""Opioid doses of a claim, in MME a day: means by timepoint, and what became of those known both times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.means import Mean, mean_interval
from scoring.two_arms import Proportion
from scoring.types import BoolArray, FloatArray
from surveys.outcomes.claims import words
from surveys.outcomes.claims.found import Table
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.specification import DOSE, ArmAt, Point, Specification

HALVED = "halved or more"


@dataclass(frozen=True, slots=True)
class Course:
    """Those of an arm whose dose is known at the baseline and at a follow-up. ``change``: later minus before.

    ``halved``: who takes half of it or less, of those who took any at the baseline.
    """

    before: Mean
    later: Mean
    change: Mean
    halved: Proportion


def any_dose(specification: Specification, frame: Frame) -> bool:
    """Whether a dose is known of anybody at any time."""
    return any(np.isfinite(frame.value(point.code, DOSE)).any() for point in specification.timepoints)


def dose_sentence(specification: Specification, frame: Frame) -> str:
    """The mean dose of those known both times, in every arm."""
    said = [
        f"{_said(_course(specification, frame, specification.point, arm))} in the arm {arm.label}"
        for arm in specification.arms
    ]
    when = f"at baseline and at {specification.point.words}"
    return f"Mean opioid dose in MME a day {when}, of those whose dose is known both times: {'; '.join(said)}."


def _said(found: Course) -> str:
    if found.change.mean is None:
        return "none known (n = 0)"
    limits = f", 95 % interval {words.span(found.change.interval)}" if found.change.interval else ""
    means = f"{words.decimal(found.before.mean)} and {words.decimal(found.later.mean)}"
    return f"{means} (change {words.decimal(found.change.mean)}{limits}, n = {found.change.n})"


def dose_tables(specification: Specification, frame: Frame) -> tuple[Table, Table]:
    """Means of all known at each timepoint, and the course of those known both times."""
    each = [(point, arm) for point in specification.timepoints for arm in specification.arms]
    columns = ("timepoint", "arm", "recorded, no dose", "n", "mean", "SD", "95 % interval", "median")
    means = Table("Opioid dose in MME a day", columns, tuple(_means(frame, *place) for place in each))
    later = [(point, arm) for point, arm in each if not point.baseline]
    columns = ("timepoint", "arm", "n of both", "baseline", "then", "change", "95 % interval", HALVED)
    courses = [(point, arm, _course(specification, frame, point, arm)) for point, arm in later]
    return means, Table("Opioid dose of those known both times", columns, tuple(_row(*line) for line in courses))


def _means(frame: Frame, point: Point, arm: ArmAt) -> tuple[str, ...]:
    own = frame.arm == arm.code
    known = frame.value(point.code, DOSE)[own]
    found, present = mean_interval(known), known[np.isfinite(known)]
    unknown = int((frame.text(f"{point.code}.{DOSE}")[own] == "not_scorable").sum())
    median = words.decimal(float(np.median(present))) if len(present) else words.DASH
    numbers = (str(found.n), words.decimal(found.mean), words.decimal(found.sd), words.span(found.interval))
    return (point.words, arm.label, str(unknown), *numbers, median)


def known_both(specification: Specification, frame: Frame, point: Point) -> BoolArray:
    """Whose dose is known at the baseline and at a follow-up."""
    before, later = frame.value(specification.baseline.code, DOSE), frame.value(point.code, DOSE)
    both: BoolArray = np.isfinite(before) & np.isfinite(later)
    return both


def _course(specification: Specification, frame: Frame, point: Point, arm: ArmAt) -> Course:
    own = (frame.arm == arm.code) & known_both(specification, frame, point)
    first, then = frame.value(specification.baseline.code, DOSE)[own], frame.value(point.code, DOSE)[own]
    return Course(mean_interval(first), mean_interval(then), mean_interval(then - first), _halved(first, then))


def _halved(before: FloatArray, later: FloatArray) -> Proportion:
    took = before > 0
    return Proportion(int((took & (2 * later <= before)).sum()), int(took.sum()))


def _row(point: Point, arm: ArmAt, found: Course) -> tuple[str, ...]:
    means = (words.decimal(found.before.mean), words.decimal(found.later.mean), words.decimal(found.change.mean))
    halved = words.rate(found.halved) if found.halved.n else words.DASH
    return (point.words, arm.label, str(found.change.n), *means, words.span(found.change.interval), halved)
