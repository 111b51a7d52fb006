"""Totals over items where some may be unanswered."""

from collections.abc import Iterable

import numpy as np

from scoring.types import BoolArray, FloatArray

Answered = tuple[FloatArray, BoolArray | None]


def answered_and_total(items: Iterable[Answered], length: int) -> tuple[FloatArray, FloatArray]:
    """How many items each of ``length`` records answered, and the sum of those.

    ``items``: values of shape (length,), 0 or above, NaN where unanswered, and where that is: None where everybody
    answered. Item by item rather than record by record, so that each step runs over a whole array.
    """
    total, nothing = np.zeros(length), np.zeros(length)  # against a plain 0 fmax is three times slower
    left_out = np.zeros(length, dtype=np.int8)
    count = 0
    for values, gaps in items:
        count += 1
        if gaps is None:
            total += values
        else:
            left_out += gaps.view(np.int8)
            total += np.fmax(values, nothing)
    return np.subtract(count, left_out, dtype=np.float64), total
