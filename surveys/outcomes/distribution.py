"""Cumulative distribution of change by arm: the share that improved by at least each amount."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.change import signed_change
from scoring.ecdf import share_reaching
from scoring.instrument import find_scale
from scoring.types import FloatArray
from surveys.outcomes.cohort import Cohort, Key


@dataclass(frozen=True, slots=True)
class Step:
    """``share`` (fraction) of ``n`` patients of an arm improved by at least ``change``; negative is worse."""

    arm: str
    arm_label: str
    change: float
    reached: int
    n: int
    share: float


def changes(cohort: Cohort, key: Key, timepoint: str, arm: str) -> FloatArray:
    """Improvement from baseline of everyone in the arm with both scores."""
    baseline = next(point.code for point in cohort.protocol.timepoints if point.is_baseline)
    before, after = cohort.reading(baseline, key).value, cohort.reading(timepoint, key).value
    change = signed_change(find_scale(key[0]), before, after)[cohort.in_arm(arm)]
    return change[np.isfinite(change)]


def distribution(cohort: Cohort, key: Key, timepoint: str) -> tuple[Step, ...]:
    """One step per arm and observed change, from the largest loss to the largest gain."""
    return tuple(step for arm in cohort.shown_arms() for step in _steps(cohort, key, timepoint, arm))


def _steps(cohort: Cohort, key: Key, timepoint: str, arm: str) -> list[Step]:
    observed = np.round(changes(cohort, key, timepoint, arm), 9)
    amounts, label = np.unique(observed), cohort.protocol.arm(arm).label
    shares = share_reaching(observed, amounts)
    n = len(observed)
    return [
        Step(arm, label, float(amount), round(float(share) * n), n, float(share))
        for amount, share in zip(amounts, shares, strict=True)
    ]
