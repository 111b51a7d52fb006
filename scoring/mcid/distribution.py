"""Estimates from the spread alone. They measure error or size, not importance."""

from collections.abc import Callable
from math import sqrt

import numpy as np
from scipy.stats import chi2

from scoring.errors import CohortError
from scoring.mcid.cohort import Cohort
from scoring.mcid.estimate import Estimate, Interval
from scoring.mcid.tally import draws
from scoring.types import FloatArray

_SPREAD = "SD at baseline (ddof 1) of every patient who has a baseline; interval from chi-square, for normal scores."
_RATIO = "of the patients with both scores; no unit; percentile bootstrap interval."
_SOURCES = {
    "half_sd": ("0.5 × " + _SPREAD, "Norman, Sloan, Wyrwich. Med Care 2003;41:582-592"),
    "fifth_sd": ("0.2 × " + _SPREAD, "Samsa et al. Pharmacoeconomics 1999;15:141-155"),
    "sem": (
        "Standard error of measurement, SD × √(1 − ICC); " + _SPREAD,
        "Wyrwich, Tierney, Wolinsky. J Clin Epidemiol 1999;52:861-873",
    ),
    "mdc95": (
        "Minimal detectable change, 1.96 × √2 × SEM; " + _SPREAD,
        "Beckerman et al. Qual Life Res 2001;10:571-578",
    ),
    "srm": ("Standardised response mean: mean change / SD of change, " + _RATIO, "Liang. Med Care 1990;28:632-642"),
    "effect_size": (
        "Effect size: mean change / SD at baseline (ddof 1), " + _RATIO,
        "Kazis, Anderson, Meenan. Med Care 1989;27:S178-S189",
    ),
}


def _blank(code: str, n: int) -> Estimate:
    return Estimate(code, None, None, n, *_SOURCES[code], kind="distribution")


def sd_interval(sd: float, n: int, level: float = 0.95) -> Interval:
    """Interval of a standard deviation of n >= 2 normal values, from the chi-square distribution.

    >>> [round(limit, 2) for limit in sd_interval(10.0, 20)]
    [7.6, 14.61]
    """
    high, low = (float(chi2.ppf(tail, n - 1)) for tail in ((1 - level) / 2, (1 + level) / 2))
    return sd * sqrt((n - 1) / low), sd * sqrt((n - 1) / high)


def spread_estimates(cohort: Cohort, icc: float) -> list[Estimate]:
    """Half and a fifth of a standard deviation, SEM and MDC95; ``icc``: test-retest reliability, 0 to below 1."""
    if not 0 <= icc < 1:
        raise CohortError(f"The ICC lies between 0 and below 1, not at {icc:g}.")
    sem = sqrt(1 - icc)
    factors = {"half_sd": 0.5, "fifth_sd": 0.2, "sem": sem, "mdc95": 1.96 * sqrt(2) * sem}
    baseline = cohort.baseline[np.isfinite(cohort.baseline)]
    return [_spread(code, factor, baseline) for code, factor in factors.items()]


def _spread(code: str, factor: float, baseline: FloatArray) -> Estimate:
    n = len(baseline)
    if n < 2:
        return _blank(code, n).refused("fewer than two patients have a baseline")
    if not np.ptp(baseline):
        return _blank(code, n).refused("every baseline is the same")
    sd = float(baseline.std(ddof=1))
    low, high = sd_interval(sd, n)
    return Estimate(code, factor * sd, (factor * low, factor * high), n, *_SOURCES[code], kind="distribution")


def ratio_estimates(cohort: Cohort, size: int, seed: int) -> list[Estimate]:
    """Standardised response mean and Cohen's effect size, of the patients with both scores."""
    both = np.isfinite(cohort.every_change)
    change, baseline = cohort.every_change[both], cohort.baseline[both]
    return [
        _ratio("srm", change, change, (size, seed)),
        _ratio("effect_size", change, baseline, (size, seed)),
    ]


def _ratio(code: str, change: FloatArray, spread: FloatArray, draw: tuple[int, int]) -> Estimate:
    n = len(change)
    if n < 2:
        return _blank(code, n).refused("fewer than two patients have both scores")
    if not np.ptp(spread):
        return _blank(code, n).refused("the scores have no spread")
    value = float(change.mean() / spread.std(ddof=1))
    interval = _percentiles(lambda rows: _means_over_spread(change[rows], spread[rows]), n, draw)
    return Estimate(code, value, interval, n, *_SOURCES[code], kind="distribution")


def _means_over_spread(change: FloatArray, spread: FloatArray) -> FloatArray:
    sd = np.where(np.ptp(spread, axis=1) > 0, spread.std(axis=1, ddof=1), np.nan)
    ratios: FloatArray = change.mean(axis=1) / sd
    return ratios


def _percentiles(
    work: Callable[[np.typing.NDArray[np.int64]], FloatArray], n: int, draw: tuple[int, int]
) -> Interval | None:
    values = np.concatenate([work(rows) for rows in draws(n, *draw)] or [np.array([])])
    present = values[np.isfinite(values)]
    if not len(present):
        return None
    low, high = np.percentile(present, [2.5, 97.5])
    return float(low), float(high)
