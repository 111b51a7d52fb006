"""Response by arm, adjusted for what patients brought along: age, sex, BMI, opioid use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from scoring.errors import ModelError, ScoringError
from scoring.logistic import Logistic, fit_logistic
from scoring.types import BoolArray, FloatArray, TextArray

Covariates = Mapping[str, FloatArray | TextArray]


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a logistic model: odds ratio per unit, or against the first level, with its Wald 95 % interval."""

    name: str
    odds_ratio: float
    interval: tuple[float, float]
    p: float


@dataclass(frozen=True, slots=True)
class Interaction:
    """Likelihood-ratio test of whether the odds ratio of the arm differs along a covariate.

    ``p`` is None where ``note`` says why it is not estimable.
    """

    covariate: str
    df: int
    p: float | None
    note: str


@dataclass(frozen=True, slots=True)
class AdjustedAnalysis:
    """Odds ratios of response on ``n`` patients who are evaluable and have every covariate.

    ``left_out``: evaluable patients without some covariate. ``unadjusted``: the arms alone, on the same n;
    ``adjusted``: the arms, then each covariate. Both are empty where ``note`` says why they are not estimable.
    An odds ratio is not collapsible: the adjusted one may differ from the unadjusted without any confounding.
    """

    n: int
    left_out: int
    responders: int
    unadjusted: tuple[Term, ...]
    adjusted: tuple[Term, ...]
    interactions: tuple[Interaction, ...]
    note: str


@dataclass(frozen=True, slots=True)
class _Columns:
    """Columns of one variable with their names, shape (n, k)."""

    names: tuple[str, ...]
    values: FloatArray


def adjusted_analysis(
    evaluable: BoolArray, responded: BoolArray, arm: TextArray, reference: str, covariates: Covariates
) -> AdjustedAnalysis:
    """Fit response on arm and covariates by logistic regression, and test arm by covariate one at a time.

    All of shape (n,). Numbers enter as they are, one term per unit, NaN where missing; texts as levels against the
    first in the alphabet, "" where missing. Nothing is imputed: who lacks a covariate is left out and counted.
    """
    for name, values in covariates.items():
        if len(values) != len(arm):
            raise ScoringError(f"{name} has {len(values)} records for {len(arm)} patients.")
    used = evaluable & _complete(covariates, len(arm))
    outcome, counts = responded[used], (int(used.sum()), int((evaluable & ~used).sum()))
    arms = _levels("arm", arm[used], reference)
    others = {name: _columns(name, values[used]) for name, values in covariates.items()}
    try:
        alone = _fit([arms], outcome)
        full = _fit([arms, *others.values()], outcome)
    except ModelError as error:
        return AdjustedAnalysis(*counts, int(outcome.sum()), (), (), (), str(error))
    tests = tuple(_interaction(name, arms, others, outcome, full) for name in others)
    return AdjustedAnalysis(*counts, int(outcome.sum()), _terms(alone), _terms(full), tests, "")


def interaction_test(outcome: BoolArray, arm: TextArray, reference: str, level: TextArray) -> Interaction:
    """Test whether the odds ratio of the arm differs between levels, all of shape (n,), "" in none."""
    arms, others = _levels("arm", arm, reference), {"level": _columns("level", level)}
    try:
        return _interaction("level", arms, others, outcome, _fit([arms, *others.values()], outcome))
    except ModelError as error:
        return Interaction("level", 0, None, str(error))


def _complete(covariates: Covariates, n: int) -> BoolArray:
    complete = np.ones(n, dtype=np.bool_)
    for values in covariates.values():
        complete &= (values != "") if values.dtype.kind == "U" else np.isfinite(values.astype(np.float64))
    return complete


def _columns(name: str, values: FloatArray | TextArray) -> _Columns:
    if values.dtype.kind == "U":
        return _levels(name, values.astype(np.str_), min(values.tolist(), default=""))
    return _Columns((name,), values.astype(np.float64)[:, None])


def _levels(name: str, values: TextArray, reference: str) -> _Columns:
    """One column of 0 and 1 for each level but the reference."""
    levels = sorted(set(values.tolist()) - {reference})
    if not levels:
        return _Columns((name,), np.zeros((len(values), 1)))
    return _Columns(tuple(f"{name} {level}" for level in levels), np.equal.outer(values, levels).astype(np.float64))


def _fit(parts: Sequence[_Columns], outcome: BoolArray) -> Logistic:
    names = ["constant", *(name for part in parts for name in part.names)]
    return fit_logistic(np.column_stack([np.ones(len(outcome)), *(part.values for part in parts)]), outcome, names)


def _interaction(
    name: str, arms: _Columns, others: Mapping[str, _Columns], outcome: BoolArray, full: Logistic
) -> Interaction:
    own = others[name]
    product = (arms.values[:, :, None] * own.values[:, None, :]).reshape(len(outcome), -1)
    names = tuple(f"{arm} by {level}" for arm in arms.names for level in own.names)
    try:
        wider = _fit([arms, *others.values(), _Columns(names, product)], outcome)
    except ModelError as error:
        return Interaction(name, len(names), None, str(error))
    statistic = max(0.0, 2 * (wider.log_likelihood - full.log_likelihood))
    return Interaction(name, len(names), float(chdtrc(len(names), statistic)), "")


def _terms(model: Logistic) -> tuple[Term, ...]:
    limits, ratios, p = model.odds_ratio_intervals.tolist(), model.odds_ratios.tolist(), model.p_values.tolist()
    return tuple(
        Term(name, ratios[at], (limits[at][0], limits[at][1]), p[at]) for at, name in enumerate(model.names) if at
    )
