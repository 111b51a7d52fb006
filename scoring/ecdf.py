"""Cumulative distribution of change, shown beside any responder rate."""

import numpy as np

from scoring.types import FloatArray, IntArray


def ecdf(change: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Distinct changes in ascending order, and the share of patients at or below each.

    ``change``: positive improves, NaN left out. Both results are empty where nothing is present.
    """
    present = change[np.isfinite(change)]
    values, counts = np.unique(present, return_counts=True)
    return values, np.cumsum(counts) / max(1, len(present))


def share_reaching(change: FloatArray, amounts: FloatArray) -> FloatArray:
    """Share of patients who improved by at least each amount; NaN where nobody has a change."""
    present = np.sort(change[np.isfinite(change)])
    if not len(present):
        return np.full(len(amounts), np.nan)
    return 1 - np.searchsorted(present, amounts, side="left") / len(present)


def numbers_reaching(counts: IntArray) -> IntArray:
    """How many improved by at least each of k amounts in ascending order, of ``counts`` patients at each, shape (k,).

    >>> numbers_reaching(np.array([1, 2, 4]))
    array([7, 6, 4])
    """
    return np.cumsum(counts[::-1])[::-1]
