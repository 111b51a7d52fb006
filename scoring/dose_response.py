"""Whether more of the dose goes with more responders."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from scoring.covariates import Term
from scoring.errors import ModelError, ScoringError
from scoring.logistic import fit_logistic
from scoring.two_arms import Proportion
from scoring.types import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class DoseGroup:
    """Patients whose dose lies from ``low`` to ``high``, both included, in the unit of the dose."""

    low: float
    high: float
    median: float
    proportion: Proportion


@dataclass(frozen=True, slots=True)
class DoseResponse:
    """Rates by dose and their trend on ``n`` patients who are evaluable and whose dose is known.

    ``trend_z`` and ``trend_p``: Cochran–Armitage on the doses themselves, two-sided, positive where more dose
    goes with more response. ``per_unit``: odds ratio per unit of dose. None where ``notes`` say why.
    """

    n: int
    unknown_dose: int
    groups: tuple[DoseGroup, ...]
    trend_z: float | None
    trend_p: float | None
    per_unit: Term | None
    notes: tuple[str, ...]


def dose_response(dose: FloatArray, evaluable: BoolArray, responded: BoolArray, groups: int = 3) -> DoseResponse:
    """Rates in up to ``groups`` groups of about equal size by dose, with the trend over all doses.

    Arrays of shape (n,); ``dose`` is NaN where unknown, never 0 for unknown. Equal doses stay in one group. An
    association: doses that were not assigned by chance carry their reasons with them.
    """
    if not len(dose) == len(evaluable) == len(responded):
        raise ScoringError(f"{len(dose)} doses, {len(evaluable)} verdicts and {len(responded)} responses do not fit.")
    if groups < 1:
        raise ScoringError("A dose-response table has one group or more.")
    used = evaluable & np.isfinite(dose)
    doses, outcome = dose[used], responded[used]
    z, trend_note = trend(doses, outcome)
    slope, slope_note = _slope(doses, outcome)
    return DoseResponse(
        n=len(doses),
        unknown_dose=int((evaluable & ~used).sum()),
        groups=_groups(doses, outcome, groups),
        trend_z=z,
        trend_p=None if z is None else float(2 * ndtr(-abs(z))),
        per_unit=slope,
        notes=tuple(note for note in (trend_note, slope_note) if note),
    )


def trend(dose: FloatArray, outcome: BoolArray) -> tuple[float | None, str]:
    """Cochran–Armitage statistic z, or why there is none; both of shape (n,), finite.

    Source: Armitage, Biometrics 1955;11:375-386; variance with n, as R's prop.trend.test.
    """
    n, share = len(dose), float(outcome.mean()) if len(dose) else 0.0
    if n < 2 or share in (0.0, 1.0):
        return None, "trend: not estimable, because all patients have the same outcome"
    away = dose - dose.mean()
    variance = share * (1 - share) * float(away @ away)
    if variance <= 0 or np.ptp(dose) == 0:
        return None, "trend: not estimable, because all patients have the same dose"
    return float(away @ outcome) / variance**0.5, ""


def _slope(dose: FloatArray, outcome: BoolArray) -> tuple[Term | None, str]:
    try:
        model = fit_logistic(np.column_stack([np.ones(len(dose)), dose]), outcome, ["constant", "dose"])
    except ModelError as error:
        return None, f"odds ratio per unit: {error}"
    low, high = model.odds_ratio_intervals[1].tolist()
    return Term("dose", float(model.odds_ratios[1]), (low, high), float(model.p_values[1])), ""


def _groups(dose: FloatArray, outcome: BoolArray, wanted: int) -> tuple[DoseGroup, ...]:
    if not len(dose):
        return ()
    edges = np.unique(np.quantile(dose, np.arange(1, wanted) / wanted, method="lower"))
    place = np.searchsorted(edges, dose, side="left")
    return tuple(_group(dose[place == at], outcome[place == at]) for at in np.unique(place).tolist())


def _group(dose: FloatArray, outcome: BoolArray) -> DoseGroup:
    limits = (float(dose.min()), float(dose.max()), float(np.median(dose)))
    return DoseGroup(*limits, Proportion(int(outcome.sum()), len(dose)))


def trend_of_groups(responders: Sequence[int], totals: Sequence[int], doses: Sequence[float]) -> float | None:
    """Cochran–Armitage z from a printed table of responders, totals and dose of each group.

    >>> round(trend_of_groups([83, 90, 129, 70], [86, 93, 136, 82], [1, 2, 3, 4]) ** 2, 4)
    8.2249
    """
    dose = np.repeat(np.asarray(doses, dtype=np.float64), totals)
    outcome = np.concatenate([np.arange(n) < k for k, n in zip(responders, totals, strict=True)])
    return trend(dose, outcome)[0]
