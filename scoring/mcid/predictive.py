"""Predictive modelling: the change at which improvement becomes more likely than it was before."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from scoring.mcid.tally import Tally
from scoring.types import BoolArray, FloatArray

_STEPS = 100
_LONGEST = 2.0  # of one Newton step, in standard deviations: nearly separated resamples would overshoot
_EXACT = 1e-9  # size of the last step


@dataclass(frozen=True, slots=True)
class Predictive:
    """Each of shape (resamples,), NaN where it cannot be estimated.

    ``intercept``, ``slope``: of logit P(improved) on change. ``log_odds``: of the proportion improved. ``r``:
    point-biserial correlation of change and improvement. ``sd``: of change, ddof 1. ``mic``: in the scale's unit.
    """

    intercept: FloatArray
    slope: FloatArray
    log_odds: FloatArray
    r: FloatArray
    sd: FloatArray
    mic: FloatArray

    @property
    def adjusted_2017(self) -> FloatArray:
        """MIC without the bias of a proportion improved other than a half.

        Source: Terluin, Eekhout, Terwee. J Clin Epidemiol 2017;83:90-100.
        """
        adjusted: FloatArray = self.mic - (0.090 + 0.103 * self.r) * self.sd * self.log_odds
        return adjusted

    def adjusted_2022(self, reliability: float) -> FloatArray:
        """MIC with the anchor's reliability (above 0, at most 1) taken into account as well.

        Source: Terluin, Eekhout, Terwee. J Clin Epidemiol 2022;148:48-53.
        """
        adjusted: FloatArray = self.mic - (0.8 / reliability - 0.5) * self.sd * self.r * self.log_odds
        return adjusted


def separated(counted: Tally) -> BoolArray:
    """Resamples in which one change divides the improved from the others: the logistic model has no maximum."""
    lowest, highest = _ends(counted.improved > 0)
    lowest_other, highest_other = _ends(counted.others > 0)
    apart: BoolArray = (highest_other <= lowest) | (highest <= lowest_other)
    return apart


def _ends(present: BoolArray) -> tuple[np.typing.NDArray[np.intp], np.typing.NDArray[np.intp]]:
    return present.argmax(axis=1), present.shape[1] - 1 - present[:, ::-1].argmax(axis=1)


def fit(counted: Tally) -> Predictive:
    """Fit each resample by Newton's method. A slope of 0 or below gives no MIC: the improved changed no more.

    Source: Terluin, Eekhout, Terwee, de Vet. J Clin Epidemiol 2015;68:1388-1396.
    """
    usable = counted.two_sided & ~separated(counted)
    moments = _moments(counted)
    start = np.where(usable, moments.log_odds, np.nan)
    intercept, slope = _newton(counted, start, usable)
    rising = np.where(slope > 0, slope, np.nan)
    mic = (moments.log_odds - intercept) / rising
    return Predictive(intercept, slope, moments.log_odds, moments.r, moments.sd, mic)


@dataclass(frozen=True, slots=True)
class _Moments:
    log_odds: FloatArray
    r: FloatArray
    sd: FloatArray


def _moments(counted: Tally) -> _Moments:
    total, improved = counted.total, counted.improved
    n, k = total.sum(axis=1), improved.sum(axis=1)
    both = counted.two_sided
    share = np.where(both, k / n, np.nan)
    centred = counted.change - (total @ counted.change / n)[:, None]
    squares = (total * centred**2).sum(axis=1)
    sd = np.sqrt(np.divide(squares, n - 1, out=np.full(len(n), np.nan), where=n > 1))
    spread = np.sqrt(squares * n * share * (1 - share))
    r = np.divide((improved * centred).sum(axis=1), spread, out=np.full(len(n), np.nan), where=spread > 0)
    return _Moments(np.log(share / (1 - share)), r, sd)


def _newton(counted: Tally, start: FloatArray, usable: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Intercept and slope of each resample, NaN where unusable or not converged."""
    centre, width = float(counted.change.mean()), float(counted.change.std()) or 1.0
    z = (counted.change - centre) / width
    a, b = start.copy(), np.where(usable, 0.0, np.nan)
    moving = np.flatnonzero(usable)
    for _step in range(_STEPS):
        if not len(moving):
            break
        step_a, step_b = _step_of(z, counted.total[moving], counted.improved[moving], a[moving], b[moving])
        a[moving] += step_a
        b[moving] += step_b
        moving = moving[np.maximum(np.abs(step_a), np.abs(step_b)) > _EXACT]
    a[moving] = b[moving] = np.nan
    return a - b * centre / width, b / width


def _step_of(
    z: FloatArray, total: FloatArray, improved: FloatArray, a: FloatArray, b: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """One Newton step of each resample, shortened where it is too long."""
    p = expit(a[:, None] + b[:, None] * z)
    rest, weight = improved - total * p, total * p * (1 - p)
    g0, g1 = rest.sum(axis=1), rest @ z
    h00, h01, h11 = weight.sum(axis=1), weight @ z, weight @ z**2
    determinant = h00 * h11 - h01**2
    flat = determinant <= 0
    safe = np.where(flat, 1.0, determinant)
    steps = ((h11 * g0 - h01 * g1) / safe, (h00 * g1 - h01 * g0) / safe)
    longest = np.maximum(np.abs(steps[0]), np.abs(steps[1]))
    shorten = np.where(flat, np.nan, np.minimum(1.0, _LONGEST / np.maximum(longest, _LONGEST)))
    return steps[0] * shorten, steps[1] * shorten
