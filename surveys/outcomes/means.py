"""Mean of a scale by arm over time, with the number behind each."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from scoring.means import Mean, mean_of_counts
from scoring.types import FloatArray, IntArray
from surveys.outcomes.cohort import Cohort, Key
from surveys.outcomes.counted_rows import counts_of
from surveys.outcomes.words import months_of

MOST_LINES = 150  # more than these and the lines hide the means


@dataclass(frozen=True, slots=True)
class MeanPoint:
    """One arm at one timepoint; ``months`` after the index date; the interval is a t interval at 95 %."""

    arm: str
    arm_label: str
    timepoint: str
    months: float
    mean: Mean
    data_hash: str  # SHA-256 of the values with how many patients have each


def means_over_time(cohort: Cohort, key: Key) -> tuple[MeanPoint, ...]:
    """Everyone who answered in the window at each timepoint; not the same people throughout."""
    return tuple(
        MeanPoint(
            arm, cohort.protocol.arm(arm).label, timepoint.code, months_of(timepoint), mean, _hash(values, counts)
        )
        for arm in cohort.shown_arms()
        for timepoint in cohort.protocol.timepoints
        for values, counts in (_values(cohort.at(timepoint.code, key), timepoint.code, key, arm),)
        for mean in (mean_of_counts(values, counts),)
        for data_hash in (_hash(values, counts),)
        if mean.n
    )


def _values(cohort: Cohort, timepoint: str, key: Key, arm: str) -> tuple[FloatArray, IntArray]:
    """The distinct scores of an arm, with how many have each."""
    own = cohort.in_arm(arm)
    return counts_of(cohort.reading(timepoint, key).value[own], None if cohort.weights is None else cohort.weights[own])


@dataclass(frozen=True, slots=True)
class LinePoint:
    """One patient's score behind the means; points of one ``line`` follow each other without a gap."""

    arm: str
    line: str
    months: float
    value: float


def single_lines(cohort: Cohort, key: Key) -> tuple[LinePoint, ...]:
    """Everyone's scores, broken where an answer is missing; nothing for more than ``MOST_LINES`` patients.

    A reader who may not single anybody out sees no line at all.
    """
    if sum(cohort.per_arm.get(arm, 0) for arm in cohort.shown_arms()) > MOST_LINES:
        return ()
    shown = np.flatnonzero(cohort.shown()).tolist()
    asked = [timepoint for timepoint in cohort.protocol.timepoints if (timepoint.code, key) in cohort.readings]
    if not asked or cohort.filters.fewest:
        return ()
    values = np.array([cohort.reading(timepoint.code, key).value for timepoint in asked])
    gaps = np.cumsum(~np.isfinite(values), axis=0)
    return tuple(
        LinePoint(cohort.arms[at], f"{at}-{gaps[step, at]}", months_of(timepoint), float(values[step, at]))
        for at in shown
        for step, timepoint in enumerate(asked)
        if np.isfinite(values[step, at])
    )


def _hash(values: FloatArray, counts: IntArray) -> str:
    return sha256(values.astype("<f8").tobytes() + counts.astype("<i8").tobytes()).hexdigest()
