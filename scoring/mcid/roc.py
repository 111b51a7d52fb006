"""The receiver operating characteristic of change against the anchor."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.stats import norm, rankdata

from scoring.mcid.estimate import Interval
from scoring.mcid.tally import Tally
from scoring.types import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Roc:
    """The cut with the highest sensitivity + specificity - 1, read "change >= cut".

    ``cut``: an observed change, ``midpoint``: half-way to the next lower one. ``auc``: 0 to 1, its DeLong interval
    needs two patients on each side.
    """

    cut: float
    midpoint: float
    sensitivity: float
    specificity: float
    auc: float
    auc_interval: Interval | None

    @property
    def youden(self) -> float:
        """Sensitivity + specificity - 1."""
        return self.sensitivity + self.specificity - 1


def youden_cuts(counted: Tally) -> FloatArray:
    """Cut of each resample, shape (resamples,), NaN where one side is empty; of equally good cuts the lowest.

    Source: Youden, Cancer 1950;3:32-35.
    """
    found, others = counted.improved.sum(axis=1), counted.others.sum(axis=1)
    right, wrong = _at_or_above(counted.improved), _at_or_above(counted.others)
    gain = right * others[:, None] - wrong * found[:, None]  # whole numbers: equal cuts compare equal
    observed = np.where(counted.total > 0, gain, -np.inf)  # a cut is a change that was seen in this resample
    cuts: FloatArray = np.where(counted.two_sided, counted.change[observed.argmax(axis=1)], np.nan)
    return cuts


def _at_or_above(counts: FloatArray) -> FloatArray:
    return np.cumsum(counts[:, ::-1], axis=1)[:, ::-1]


def roc(change: FloatArray, improved: BoolArray, counted: Tally) -> Roc:
    """Cut, accuracy and area for n patients, ``counted`` being their tally; somebody stands on each side."""
    cut = float(youden_cuts(counted)[0])
    above = change >= cut
    place = int(np.searchsorted(counted.change, cut))
    lower = float(counted.change[place - 1]) if place else cut
    auc, interval = delong(change, improved)
    return Roc(cut, (cut + lower) / 2, float(above[improved].mean()), float((~above)[~improved].mean()), auc, interval)


def delong(change: FloatArray, improved: BoolArray, level: float = 0.95) -> tuple[float, Interval | None]:
    """Area under the curve, ties counting half, with DeLong's interval cut at 0 and 1.

    Source: DeLong, DeLong, Clarke-Pearson. Biometrics 1988;44:837-845.

    >>> area, interval = delong(np.array([10.0, 12.0, 4.0, 2.0, 6.0]), np.array([True, True, True, False, False]))
    >>> round(area, 3)
    0.833
    """
    better, others = change[improved], change[~improved]
    ranks = rankdata(np.concatenate([better, others]))
    beaten = (ranks[: len(better)] - rankdata(better)) / len(others)
    kept_below = 1 - (ranks[len(better) :] - rankdata(others)) / len(better)
    auc = float(beaten.mean())
    if min(len(better), len(others)) < 2:
        return auc, None
    error = sqrt(beaten.var(ddof=1) / len(better) + kept_below.var(ddof=1) / len(others))
    half = float(norm.ppf((1 + level) / 2)) * error
    return auc, (max(0.0, auc - half), min(1.0, auc + half))
