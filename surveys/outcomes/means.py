"""Mean of a scale by arm over time, with the number behind each."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from scoring.means import Mean, mean_interval
from scoring.types import FloatArray
from surveys.outcomes.cohort import Cohort, Key
from surveys.outcomes.words import months_of


@dataclass(frozen=True, slots=True)
class MeanPoint:
    """One arm at one timepoint; ``months`` after the index date; the interval is a t interval at 95 %."""

    arm: str
    arm_label: str
    timepoint: str
    months: float
    mean: Mean
    data_hash: str  # SHA-256 of the values


def means_over_time(cohort: Cohort, key: Key) -> tuple[MeanPoint, ...]:
    """Everyone who answered in the window at each timepoint; not the same people throughout."""
    return tuple(
        MeanPoint(arm, cohort.protocol.arm(arm).label, timepoint.code, months_of(timepoint), mean, _hash(values))
        for arm in cohort.shown_arms()
        for timepoint in cohort.protocol.timepoints
        for values in (cohort.reading(timepoint.code, key).value[cohort.in_arm(arm)],)
        for mean in (mean_interval(values),)
        if mean.n
    )


def _hash(values: FloatArray) -> str:
    return sha256(values.tobytes()).hexdigest()
