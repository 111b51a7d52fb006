"""Cumulative distribution of change by arm: the share that improved by at least each amount."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.change import signed_change
from scoring.ecdf import numbers_reaching
from scoring.instrument import find_scale
from scoring.types import FloatArray, IntArray
from surveys.outcomes.cohort import Cohort, Key
from surveys.outcomes.counted_rows import counts_of


@dataclass(frozen=True, slots=True)
class Step:
    """``share`` (fraction) of ``n`` patients of an arm improved by at least ``change``; negative is worse."""

    arm: str
    arm_label: str
    change: float
    reached: int
    n: int
    share: float


def changes(cohort: Cohort, key: Key, timepoint: str, arm: str) -> tuple[FloatArray, IntArray]:
    """The distinct improvements from baseline in the arm, ascending, with how many patients have each."""
    alike = cohort.at(timepoint, key)
    before, after = alike.reading(cohort.baseline, key).value, alike.reading(timepoint, key).value
    own, change = alike.in_arm(arm), np.round(signed_change(find_scale(key[0]), before, after), 9)
    return counts_of(change[own], None if alike.weights is None else alike.weights[own])


def distribution(cohort: Cohort, key: Key, timepoint: str) -> tuple[Step, ...]:
    """One step per arm and observed change, from the largest loss to the largest gain."""
    return tuple(step for arm in cohort.shown_arms() for step in _steps(cohort, key, timepoint, arm))


def _steps(cohort: Cohort, key: Key, timepoint: str, arm: str) -> list[Step]:
    amounts, counts = changes(cohort, key, timepoint, arm)
    label, n = cohort.protocol.arm(arm).label, int(counts.sum())
    return [
        Step(arm, label, float(amount), int(reached), n, int(reached) / n)
        for amount, reached in zip(amounts, numbers_reaching(counts), strict=True)
    ]
