"""Means with their intervals."""

from dataclasses import dataclass

import numpy as np

from scoring.types import FloatArray


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
    if n == 1:
        return Mean(1, mean, None, None)
    from scipy.special import stdtrit  # noqa: PLC0415  loaded by the first interval: commands and workers need none

    sd = float(present.std(ddof=1))
    half = float(stdtrit(n - 1, (1 + level) / 2)) * sd / n**0.5
    return Mean(n, mean, sd, (mean - half, mean + half))
