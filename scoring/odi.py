"""Oswestry Disability Index."""

import numpy as np

from scoring.sums import answered_and_total
from scoring.types import FloatArray


def odi(levels: FloatArray, *, max_missing: int) -> FloatArray:
    """Oswestry Disability Index, per cent of the highest possible total, for n records.

    ``levels``: shape (n, 10), each 0 to 5, NaN where unanswered. Returns shape (n,), 0 to 100 %,
    higher is worse. Unanswered sections leave the denominator; more than ``max_missing`` of them
    give NaN. Source: Fairbank & Pynsent, Spine 2000;25:2940-2952.

    >>> odi(np.array([[2, 2, 2, 2, 2, 2, 2, 2, 0, 0.0], [2, 2, 2, 2, 2, 2, 2, np.nan, 2, 0]]), max_missing=1).round(2)
    array([32.  , 35.56])
    """
    items = ((section, np.isnan(section)) for section in levels.T)
    return prorated_odi(*answered_and_total(items, len(levels)), least=levels.shape[1] - max_missing)


def prorated_odi(answered: FloatArray, total: FloatArray, *, least: int) -> FloatArray:
    """ODI from the sections answered and their sum; NaN below ``least`` sections."""
    highest = 5 * answered
    if answered.min(initial=np.inf) < max(1, least):
        highest[answered < max(1, least)] = np.nan
    score: FloatArray = 100 * total
    score /= highest
    return score
