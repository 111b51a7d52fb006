"""Totals over items where some may be unanswered."""

import numpy as np

from scoring.types import FloatArray


def answered_and_total(levels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How many items each record answered, and the sum of those.

    ``levels``: shape (n, items), 0 or above, NaN where unanswered. Item by item rather than record by
    record, so that each step runs over a whole array.
    """
    answered = np.zeros(len(levels), dtype=np.int8)
    total: FloatArray = np.zeros(len(levels))
    nothing = np.zeros(len(levels))  # an array: against a plain 0 the comparison is three times slower
    for item in levels.T:
        answered += np.isfinite(item).view(np.int8)
        total += np.fmax(item, nothing)
    return answered.astype(np.float64), total
