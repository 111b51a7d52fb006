"""Means with their intervals."""

from dataclasses import dataclass

import numpy as np

from scoring.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean of n values with its t interval; ``sd`` and ``interval`` need two values or more."""

    n: int
    mean: float | None
    sd: float | None
    interval: tuple[float, float] | None


def mean_interval(values: FloatArray, level: float = 0.95) -> Mean:
    """Mean of the values that are there; NaN is left out and not counted."""
    present = values[np.isfinite(values)]
    n = len(present)
    if n == 0:
        return Mean(0, None, None, None)
    mean = float(present.mean())
    return _with_interval(n, mean, float(present.std(ddof=1)) if n > 1 else None, level)


def mean_of_counts(values: FloatArray, counts: IntArray, level: float = 0.95) -> Mean:
    """The same mean of ``counts`` patients with each of the distinct ``values``, both of shape (k,).

    Whoever counts the same patients in another order gets the same figure to the last digit.

    >>> mean_of_counts(np.array([10.0, 20.0]), np.array([3, 1])).mean
    12.5
    """
    n = int(counts.sum())
    if n == 0:
        return Mean(0, None, None, None)
    mean = float(np.dot(values, counts)) / n
    squares = float(np.dot((values - mean) ** 2, counts))
    return _with_interval(n, mean, (squares / (n - 1)) ** 0.5 if n > 1 else None, level)


def _with_interval(n: int, mean: float, sd: float | None, level: float) -> Mean:
    if sd is None:
        return Mean(n, mean, None, None)
    from scipy.special import stdtrit  # noqa: PLC0415  loaded by the first interval: commands and workers need none

    half = float(stdtrit(n - 1, (1 + level) / 2)) * sd / n**0.5
    return Mean(n, mean, sd, (mean - half, mean + half))
