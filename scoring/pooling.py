"""Rubin's rules: one estimate out of many imputed data sets."""

from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from scoring.errors import ScoringError
from scoring.types import FloatArray

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Pooled:
    """An estimate over m data sets.

    ``within``: mean of the variances, ``between``: variance of the estimates, ``df``: degrees of freedom of
    Barnard & Rubin. ``error`` is the total standard error.
    """

    m: int
    estimate: float
    within: float
    between: float
    df: float

    @property
    def error(self) -> float:
        """Square root of within + (1 + 1/m) between."""
        return sqrt(self.within + (1 + 1 / self.m) * self.between)

    @property
    def increase(self) -> float:
        """Relative increase in variance due to missing data; infinite where there is no variance within."""
        extra = (1 + 1 / self.m) * self.between
        return extra / self.within if self.within else (inf if extra else 0.0)

    @property
    def missing_information(self) -> float:
        """Share of the variance that is due to missing data, 0 to 1."""
        return 1.0 if self.increase == inf else self.increase / (1 + self.increase)

    @property
    def quantile(self) -> float:
        """The 97.5 % quantile of the reference distribution."""
        return float(ndtri(0.975) if self.df == inf else stdtrit(self.df, 0.975))

    @property
    def interval(self) -> Interval | None:
        """95 % interval; None where there is no variance at all."""
        half = self.quantile * self.error
        return (self.estimate - half, self.estimate + half) if half else None

    @property
    def p(self) -> float | None:
        """Two-sided test of the estimate against 0; None where there is no variance at all."""
        if not self.error:
            return None
        away = abs(self.estimate) / self.error
        return float(2 * (ndtr(-away) if self.df == inf else stdtr(self.df, -away)))


def pool(estimates: FloatArray, variances: FloatArray, complete_df: float = inf) -> Pooled:
    """Combine m estimates with their variances, both of shape (m,), m at least 2.

    ``complete_df``: degrees of freedom had nothing been missing. Sources: Rubin, Multiple imputation 1987; degrees of
    freedom Barnard & Rubin, Biometrika 1999;86:948-955.
    """
    m = len(estimates)
    if m < 2 or len(variances) != m or not (np.isfinite(estimates).all() and np.isfinite(variances).all()):
        raise ScoringError("Rubin's rules need two or more finite estimates, each with its variance.")
    within, between = float(variances.mean()), float(estimates.var(ddof=1))
    return Pooled(m, float(estimates.mean()), within, between, _df(m, within, (1 + 1 / m) * between, complete_df))


def _df(m: int, within: float, extra: float, complete: float) -> float:
    share = extra / (within + extra) if extra else 0.0
    old = (m - 1) / share**2 if share**2 else inf
    if complete == inf:
        return old
    observed = (complete + 1) / (complete + 3) * complete * (1 - share)
    if observed <= 0:
        return old
    return 1 / (1 / old + 1 / observed)


def pooled_wilson(pooled: Pooled, n: int) -> Interval | None:
    """Wilson interval of a proportion of n from imputed data; None where it has no variance within.

    ``pooled``: of the proportions with variances p(1-p)/n. Without missing data it is Wilson's own. Source: Lott &
    Reiter, Am Stat 2020;74:109-115.
    """
    if pooled.increase == inf or n < 1:
        return None
    spread = pooled.quantile**2 * (1 + pooled.increase) / n
    p = pooled.estimate
    centre = (2 * p + spread) / (2 * (1 + spread))
    half = sqrt(max(0.0, centre**2 - p**2 / (1 + spread)))
    return max(0.0, centre - half), min(1.0, centre + half)
