"""The mean change of those who say they are slightly better."""

from math import sqrt

import numpy as np
from scipy.stats import t

from scoring.mcid.cohort import Cohort
from scoring.mcid.estimate import Estimate, Interval
from scoring.means import mean_interval
from scoring.types import FloatArray

_MEAN = Estimate(
    "mean_change",
    None,
    None,
    0,
    "Mean change of the patients who say they are slightly improved; t interval.",
    "Jaeschke, Singer, Guyatt. Control Clin Trials 1989;10:407-415",
)
_DIFFERENCE = Estimate(
    "mean_difference",
    None,
    None,
    0,
    "Mean change of the slightly improved minus that of the unchanged; Welch interval.",
    "Copay et al. Spine J 2007;7:541-546",
)


def mean_change(cohort: Cohort) -> Estimate:
    """Mean change of the slightly improved, in the scale's unit, with its t interval from 2 patients up."""
    if cohort.slightly is None:
        return _MEAN.refused("no anchor answer is named that means slightly improved")
    found = mean_interval(cohort.change_where(cohort.slightly))
    if found.mean is None:
        return _MEAN.refused(f"nobody with both scores gave anchor answer {cohort.slightly:g}")
    note = "" if found.interval else "One patient has no interval."
    return Estimate("mean_change", found.mean, found.interval, found.n, _MEAN.method, _MEAN.citation, note=note)


def mean_difference(cohort: Cohort) -> Estimate:
    """Mean change of the slightly improved minus that of the unchanged; n counts both groups."""
    if cohort.slightly is None or cohort.unchanged is None:
        return _DIFFERENCE.refused("the anchor answers that mean slightly improved and unchanged are not both named")
    better, same = (cohort.change_where(answer) for answer in (cohort.slightly, cohort.unchanged))
    if min(len(better), len(same)) == 0:
        return _DIFFERENCE.refused("there is nobody in one of the two groups")
    difference = float(better.mean() - same.mean())
    interval = welch(better, same)
    note = "" if interval else "A group of one, or without spread, has no interval."
    n = len(better) + len(same)
    return Estimate("mean_difference", difference, interval, n, _DIFFERENCE.method, _DIFFERENCE.citation, note=note)


def welch(one: FloatArray, other: FloatArray, level: float = 0.95) -> Interval | None:
    """Interval of mean(one) - mean(other) without equal variances; None below 2 values or without any spread.

    Degrees of freedom: Welch-Satterthwaite. Source: Welch, Biometrika 1947;34:28-35.

    >>> low, high = welch(np.array([12.0, 8.0, 16.0]), np.array([2.0, 4.0, 0.0]))
    >>> round(low, 2), round(high, 2)
    (1.69, 18.31)
    """
    sizes = np.array([len(one), len(other)])
    if sizes.min() < 2 or not max(np.ptp(one), np.ptp(other)):
        return None
    errors = np.array([one.var(ddof=1), other.var(ddof=1)]) / sizes
    freedom = errors.sum() ** 2 / (errors**2 / (sizes - 1)).sum()
    half = float(t.ppf((1 + level) / 2, freedom)) * sqrt(errors.sum())
    difference = float(one.mean() - other.mean())
    return difference - half, difference + half
