"""Estimates from a fitted mixed model, with degrees of freedom after Satterthwaite."""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from scoring.mixed.reml import Fit
from scoring.types import FloatArray


@dataclass(frozen=True, slots=True)
class Effect:
    """A sum of coefficients in the unit of the change, or the ``note`` that says why there is none.

    ``df``: Satterthwaite's degrees of freedom. ``p``: two-sided, against 0.
    """

    estimate: float | None
    se: float | None = None
    df: float | None = None
    interval: tuple[float, float] | None = None
    p: float | None = None
    note: str = ""


def not_estimable(reason: str) -> Effect:
    """Stand in for an effect the data cannot give."""
    return Effect(None, note=f"not estimable, because {reason}")


def effect(fit: Fit, weights: FloatArray, level: float) -> Effect:
    """Estimate ``weights`` (p,) times the coefficients.

    Degrees of freedom: 2 v² / var(v), v being the variance of the estimate and var(v) its own by the delta method
    (Satterthwaite, Biometrics Bull 1946;2:110-114; Fai & Cornelius, J Stat Comput Simul 1996;54:363-378).
    """
    estimate = float(weights @ fit.point.beta) * fit.unit
    variance = float(weights @ fit.point.spread @ weights)
    slopes = fit.spread_slopes @ weights @ weights
    df = 2 * variance**2 / float(slopes @ np.linalg.solve(fit.hessian, slopes))
    se = variance**0.5 * fit.unit
    half = float(stdtrit(df, (1 + level) / 2)) * se
    p = 2 * float(stdtr(df, -abs(estimate) / se))
    return Effect(estimate, se, df, (estimate - half, estimate + half), p)
