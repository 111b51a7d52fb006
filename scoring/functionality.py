"""Functionality out of 40: clinic-defined, not validated, no published threshold."""

import numpy as np

from scoring.sums import answered_and_total
from scoring.types import FloatArray


def functionality(levels: FloatArray, *, max_missing: int) -> FloatArray:
    """Total over everyday activities, 0 to 4 each; 0 to 40, higher is better.

    ``levels``: shape (n, 10), NaN where unanswered. Up to ``max_missing`` unanswered activities take
    the mean of those answered (proration); more give NaN.
    """
    activities = levels.shape[1]
    least = activities - max_missing
    items = ((activity, np.isnan(activity)) for activity in levels.T)
    return prorated_total(*answered_and_total(items, len(levels)), activities=activities, least=least)


def prorated_total(answered: FloatArray, total: FloatArray, *, activities: int, least: int) -> FloatArray:
    """Total over all activities from those answered; NaN below ``least`` of them."""
    return activities * total / np.where(answered >= max(1, least), answered, np.nan)
