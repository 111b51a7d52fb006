"""Functionality out of 40: clinic-defined, not validated, no published threshold."""

import numpy as np

from scoring.types import FloatArray


def functionality(levels: FloatArray, *, max_missing: int) -> FloatArray:
    """Total over everyday activities, 0 to 4 each; 0 to 40, higher is better.

    ``levels``: shape (n, 10), NaN where unanswered. Up to ``max_missing`` unanswered activities take
    the mean of those answered (proration); more give NaN.
    """
    activities = levels.shape[1]
    answered = np.isfinite(levels).sum(axis=1)
    scorable = answered >= max(1, activities - max_missing)
    total = np.nansum(levels, axis=1)
    score: FloatArray = np.full(len(levels), np.nan)
    np.divide(activities * total, answered, out=score, where=scorable)
    return score
