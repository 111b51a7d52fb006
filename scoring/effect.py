"""Mean change by arm, the difference between arms, and the difference in standard deviations."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, isnan, lgamma, log, sqrt

import numpy as np
from scipy.special import stdtr, stdtrit

from scoring.change import signed_change
from scoring.errors import ModelError, ScoringError
from scoring.instrument import Scale
from scoring.means import Mean, mean_interval
from scoring.types import FloatArray

Interval = tuple[float, float]

_DOUBLINGS = 20
_LARGEST = 100.0  # t statistic beyond which the noncentral t cannot be computed


@dataclass(frozen=True, slots=True)
class MeanDifference:
    """Mean change of the treated arm minus that of the reference, in the unit of the scale; positive is better.

    ``interval``: Welch's 95 % interval on ``df`` degrees of freedom (Satterthwaite), ``p`` its two-sided test.
    ``hedges_g``: difference over the pooled standard deviation of change, corrected for small samples; its 95 %
    interval from the noncentral t distribution. None where ``note`` says why.
    """

    treated: Mean
    reference: Mean
    difference: float | None
    interval: Interval | None
    df: float | None
    p: float | None
    hedges_g: float | None
    hedges_interval: Interval | None
    note: str


@dataclass(frozen=True, slots=True)
class PercentImprovement:
    """Mean improvement in per cent of baseline, both ways: they differ, so each is printed with its name.

    ``mean_of_ratios``: each patient's own per cent, averaged over ``n_ratios`` whose baseline is above 0.
    ``ratio_of_means``: mean change over mean baseline of all ``n`` with both scores. None where nobody counts.
    """

    n: int
    n_ratios: int
    mean_of_ratios: float | None
    ratio_of_means: float | None


def mean_change(scale: Scale, baseline: FloatArray, follow_up: FloatArray) -> Mean:
    """Mean improvement of those with both scores, shape (n,), with its t interval; positive is better."""
    return mean_interval(signed_change(scale, baseline, follow_up))


def mean_difference(treated: FloatArray, reference: FloatArray) -> MeanDifference:
    """Compare the changes of two arms, each of shape (n,), NaN where missing and left out."""
    return difference_of_means(mean_interval(treated), mean_interval(reference))


def difference_of_means(one: Mean, other: Mean) -> MeanDifference:
    """Compare two arms by their mean changes: the treated one, then the reference."""
    if one.mean is None or other.mean is None or one.sd is None or other.sd is None:
        small = "treated" if one.n < 2 else "reference"
        note = f"not estimable, because the {small} arm has fewer than two patients with both scores"
        return MeanDifference(one, other, *(None,) * 6, note)
    difference = one.mean - other.mean
    parts = one.sd**2 / one.n, other.sd**2 / other.n
    if sum(parts) == 0:
        note = "interval not estimable, because all changes within each arm are the same"
        return MeanDifference(one, other, difference, *(None,) * 5, note)
    error, df = sqrt(sum(parts)), sum(parts) ** 2 / (parts[0] ** 2 / (one.n - 1) + parts[1] ** 2 / (other.n - 1))
    half = float(stdtrit(df, 0.975)) * error
    g, limits, note = _hedges(difference, one, other)
    return MeanDifference(
        one,
        other,
        difference,
        interval=(difference - half, difference + half),
        df=df,
        p=float(2 * stdtr(df, -abs(difference) / error)),
        hedges_g=g,
        hedges_interval=limits,
        note=note,
    )


def percent_of_baseline(scale: Scale, baseline: FloatArray, follow_up: FloatArray) -> FloatArray:
    """Each patient's improvement in per cent of their own baseline, shape (n,); NaN without both or from a 0."""
    if scale.minimum < 0:
        raise ScoringError(f"{scale.code} can be negative, so per cent of its baseline means nothing.")
    own = np.where(baseline > 0, baseline, np.nan)
    ratios: FloatArray = 100 * signed_change(scale, baseline, follow_up) / own
    return ratios


def percent_improvement(scale: Scale, baseline: FloatArray, follow_up: FloatArray) -> PercentImprovement:
    """Improvement in per cent of baseline, shape (n,); only for a scale that starts at 0 or above."""
    own = percent_of_baseline(scale, baseline, follow_up)
    ratios, change = own[np.isfinite(own)], signed_change(scale, baseline, follow_up)
    both = np.isfinite(change)
    total = float(baseline[both].sum())
    return PercentImprovement(
        n=int(both.sum()),
        n_ratios=len(ratios),
        mean_of_ratios=float(ratios.mean()) if len(ratios) else None,
        ratio_of_means=100 * float(change[both].sum()) / total if total else None,
    )


def _hedges(difference: float, one: Mean, other: Mean) -> tuple[float, Interval | None, str]:
    """Hedges' g with its interval (Hedges & Olkin 1985, exact correction; limits of the noncentral t)."""
    df = one.n + other.n - 2
    pooled = sqrt(((one.n - 1) * (one.sd or 0) ** 2 + (other.n - 1) * (other.sd or 0) ** 2) / df)
    width = sqrt(1 / one.n + 1 / other.n)
    correction = exp(lgamma(df / 2) - log(sqrt(df / 2)) - lgamma((df - 1) / 2))
    g, statistic = difference / pooled * correction, difference / pooled / width
    if abs(statistic) > _LARGEST:
        return g, None, "interval of g not estimable, because the arms differ beyond all variation within them"
    try:
        low, high = (_noncentrality(statistic, df, share) * width * correction for share in (0.975, 0.025))
    except ModelError as error:
        return g, None, f"interval of g not estimable, because: {error}"
    return g, (low, high), ""


def _noncentrality(statistic: float, df: int, share: float) -> float:
    """The noncentrality under which ``share`` of the distribution lies at or below the statistic."""
    from scipy.stats import nct  # noqa: PLC0415  loaded by the first such interval: it takes long, and few need it

    def excess(place: float) -> float:
        found = float(nct.cdf(statistic, df, place))
        if isnan(found):
            raise ModelError("The noncentral t distribution cannot be computed here.")
        return found - share

    return _root(excess, statistic)


def _root(excess: Callable[[float], float], start: float) -> float:
    """Root of a falling function, bracketed outwards from ``start``."""
    from scipy.optimize import brentq  # noqa: PLC0415  as above

    reach = 2.0 + abs(start)
    for _ in range(_DOUBLINGS):
        low, high = excess(start - reach), excess(start + reach)
        if low > 0 > high:
            return float(brentq(excess, start - reach, start + reach, xtol=1e-10))
        reach *= 2
    raise ModelError("The noncentral t distribution has no root.")
