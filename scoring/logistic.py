"""Logistic regression by maximum likelihood; what has no maximum is refused by name."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtr, ndtri

from scoring.errors import ModelError
from scoring.types import BoolArray, FloatArray

_ITERATIONS = 50
_SMALL_STEP = 1e-10
_SLACK = 1e-6  # of the linear programme, per record
_EXTREME = 10.0  # log odds beyond which a fit may be running away, so that separation is looked for


@dataclass(frozen=True, slots=True)
class Logistic:
    """A fitted model of k terms on n records.

    ``coefficients``: shape (k,), log odds per unit; ``covariance``: shape (k, k), inverse of the observed
    information; ``log_likelihood`` at the maximum.
    """

    names: tuple[str, ...]
    n: int
    coefficients: FloatArray
    covariance: FloatArray
    log_likelihood: float

    @property
    def errors(self) -> FloatArray:
        """Standard errors of the coefficients, shape (k,)."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def p_values(self) -> FloatArray:
        """Two-sided Wald tests of each coefficient against 0, shape (k,)."""
        return 2 * ndtr(-np.abs(self.coefficients / self.errors))

    @property
    def odds_ratios(self) -> FloatArray:
        """Odds ratios per unit of each term, shape (k,)."""
        return np.exp(self.coefficients)

    @property
    def odds_ratio_intervals(self) -> FloatArray:
        """Wald 95 % intervals of the odds ratios, shape (k, 2)."""
        half = ndtri(0.975) * self.errors
        return np.exp(np.column_stack([self.coefficients - half, self.coefficients + half]))


def fit_logistic(design: FloatArray, outcome: BoolArray, names: Sequence[str]) -> Logistic:
    """Fit by Newton's method on standardised columns.

    ``design``: shape (n, k), finite, the constant column included; ``outcome``: shape (n,); ``names``: of the k
    columns. Raises ModelError where the outcome has one class, a column is a combination of others, there are
    no more records than terms, or a combination of terms separates the classes (then the likelihood has no
    maximum: Albert & Anderson, Biometrika 1984;71:1-10).
    """
    _check(design, outcome, names)
    spread = np.abs(design).max(axis=0)
    scaled = design / spread
    coefficients = _newton(scaled, outcome)
    fitted = None if coefficients is None else scaled @ coefficients
    if fitted is None or np.abs(fitted).max() > _EXTREME:
        _refuse_separation(scaled, outcome, names)
    if coefficients is None or fitted is None:
        raise ModelError("The logistic model is not estimable, because its likelihood found no maximum.")
    covariance = np.linalg.inv(_information(scaled, coefficients)) / np.outer(spread, spread)
    return Logistic(tuple(names), len(outcome), coefficients / spread, covariance, _likelihood(fitted, outcome))


def _check(design: FloatArray, outcome: BoolArray, names: Sequence[str]) -> None:
    n, k = design.shape
    if len(outcome) != n or len(names) != k:
        raise ModelError(f"{n} records of {k} terms do not fit {len(outcome)} outcomes and {len(names)} names.")
    if not np.isfinite(design).all():
        raise ModelError("A term of the logistic model is missing or infinite; leave such records out first.")
    if not outcome.any() or outcome.all():
        same = "nobody" if not outcome.any() else "everybody"
        raise ModelError(f"The logistic model is not estimable, because {same} of {n} has the outcome.")
    if n <= k:
        raise ModelError(f"The logistic model is not estimable, because {n} records are too few for {k} terms.")
    for place in range(k):
        _check_column(design[:, : place + 1], names[place])


def _check_column(columns: FloatArray, name: str) -> None:
    """Refuse the last column where it is a combination of those before it."""
    length = np.linalg.norm(columns, axis=0)
    if not length.all() or np.linalg.matrix_rank(columns / length) < columns.shape[1]:
        raise ModelError(
            f"The logistic model is not estimable, because {name} is constant or follows from other terms."
        )


def _likelihood(fitted: FloatArray, outcome: BoolArray) -> float:
    return -float(np.logaddexp(0, np.where(outcome, -fitted, fitted)).sum())


def _information(design: FloatArray, coefficients: FloatArray) -> FloatArray:
    p = expit(design @ coefficients)
    information: FloatArray = (design * (p * (1 - p))[:, None]).T @ design
    return information


def _newton(design: FloatArray, outcome: BoolArray) -> FloatArray | None:
    """Climb to the maximum, halving steps that lead down; None where none is reached."""
    at = np.zeros(design.shape[1])
    best = _likelihood(design @ at, outcome)
    for _ in range(_ITERATIONS):
        score = design.T @ (outcome - expit(design @ at))
        try:
            step = np.linalg.solve(_information(design, at), score)
        except np.linalg.LinAlgError:
            return None
        while (reached := _likelihood(design @ (at + step), outcome)) < best - 1e-12 * abs(best):
            step = step / 2
        at, best = at + step, reached
        if float(score @ step) < _SMALL_STEP:
            return at
    return None


def _refuse_separation(design: FloatArray, outcome: BoolArray, names: Sequence[str]) -> None:
    """Look for a direction along which no record gets worse and some get better (Konis 2007)."""
    from scipy.optimize import linprog  # noqa: PLC0415  loaded by the first such look: few models need one

    signed = design * np.where(outcome, 1.0, -1.0)[:, None]
    found = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1, 1), method="highs")
    direction = np.zeros(len(names)) if found.x is None else found.x
    if float((signed @ direction).sum()) > _SLACK * len(signed):
        guilty = [name for name, weight in zip(names, direction, strict=True) if abs(weight) > _SLACK]
        raise ModelError(
            f"The logistic model is not estimable, because {', '.join(guilty)} "
            "separate those with the outcome from those without."
        )
