"""Oswestry Disability Index."""

import numpy as np

from scoring.types import FloatArray


def odi(levels: FloatArray, *, max_missing: int) -> FloatArray:
    """Oswestry Disability Index, per cent of the highest possible total, for n records.

    ``levels``: shape (n, 10), each 0 to 5, NaN where unanswered. Returns shape (n,), 0 to 100 %,
    higher is worse. Unanswered sections leave the denominator; more than ``max_missing`` of them
    give NaN. Source: Fairbank & Pynsent, Spine 2000;25:2940-2952.
    """
    answered = np.isfinite(levels).sum(axis=1)
    scorable = answered >= max(1, levels.shape[1] - max_missing)
    total = np.nansum(levels, axis=1)
    score: FloatArray = np.full(len(levels), np.nan)
    np.divide(100 * total, 5 * answered, out=score, where=scorable)
    return score
