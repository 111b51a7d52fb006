"""Proportions with their intervals."""

from math import sqrt

from scoring.errors import ScoringError


def wilson(k: int, n: int, level: float = 0.95) -> tuple[float, float] | None:
    """Wilson score interval of k of n as fractions; nothing where nobody is in the denominator."""
    if not 0 <= k <= n:
        raise ScoringError(f"{k} of {n} is no proportion.")
    if n == 0:
        return None
    from scipy.special import ndtri  # noqa: PLC0415  loaded by the first interval: commands and workers need none

    z = float(ndtri((1 + level) / 2))
    rate = k / n
    centre = rate + z * z / (2 * n)
    half = z * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if k == 0 else (centre - half) / scale
    high = 1.0 if k == n else (centre + half) / scale
    return low, high


def upper_limit_zero(n: int, level: float = 0.95) -> float | None:
    """Upper Wilson limit of no event in n: 0 of 40 still allows 8.8 %."""
    interval = wilson(0, n, level)
    return None if interval is None else interval[1]
