"""The covariance at which the restricted likelihood is highest."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from scoring.errors import ModelError
from scoring.mixed.covariance import Covariance
from scoring.mixed.likelihood import Point, Sums, at, gradient
from scoring.types import FloatArray

_STEP = 1e-5  # of a central difference of the gradient
_DECREMENT = 1e-8  # of the log-likelihood still to be gained, at which the search has ended
_POLISH = 25  # Newton steps after the search at most
_SINGULAR = 1e-7  # smallest eigenvalue of the correlation at which timepoints are copies of each other


@dataclass(frozen=True, slots=True)
class Fit:
    """The covariance at which the restricted likelihood is highest.

    ``hessian`` (q, q): curvature of the loss there, its inverse the covariance of ``theta``. ``unit``: what the values
    were divided by before; ``theta``, ``point`` and ``parts`` belong to the divided values.
    """

    structure: Covariance
    parts: tuple[Sums, ...]
    theta: FloatArray
    hessian: FloatArray
    point: Point
    unit: float

    @property
    def sigma(self) -> FloatArray:
        """Residual covariance, shape (k, k), in the values' own unit, squared."""
        return self.structure.matrix(self.theta) * self.unit**2

    @property
    def log_likelihood(self) -> float:
        """Restricted log-likelihood of the values in their own unit."""
        answers = sum(each.n * len(each.pattern.seen) for each in self.parts)
        return -self.point.loss - (answers - len(self.point.beta)) * float(np.log(self.unit))

    @property
    def spread_slopes(self) -> FloatArray:
        """Derivative of the covariance of ``beta`` by each parameter, shape (q, p, p)."""
        slopes = self.structure.slopes(self.theta)
        total = np.zeros((len(slopes), *self.point.spread.shape))
        for each, inverse in zip(self.parts, self.point.inverses, strict=True):
            inner = inverse @ slopes[(slice(None), *each.pattern.block)] @ inverse
            total += np.tensordot(inner, each.xx)
        return self.point.spread @ total @ self.point.spread


class _Loss:
    """Loss and gradient as functions of the parameters alone."""

    def __init__(self, parts: tuple[Sums, ...], structure: Covariance) -> None:
        self.parts = parts
        self.structure = structure

    def both(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Infinite where the covariance cannot be inverted, so that a search turns back."""
        try:
            point = at(self.parts, self.structure.matrix(theta))
        except np.linalg.LinAlgError:
            return np.inf, np.zeros_like(theta)
        return point.loss, gradient(self.parts, point, self.structure.slopes(theta))

    def hessian(self, theta: FloatArray) -> FloatArray:
        """Central differences of the gradient, made symmetric."""
        steps = _STEP * np.eye(len(theta))
        rows = [(self.both(theta + step)[1] - self.both(theta - step)[1]) / (2 * _STEP) for step in steps]
        half = np.array(rows) / 2
        return half + half.T


def _polish(loss: _Loss, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Newton steps until nothing is left to gain; refused where the loss has no bottom there."""
    for _ in range(_POLISH):
        _, slope = loss.both(theta)
        hessian = loss.hessian(theta)
        if not np.isfinite(hessian).all() or np.linalg.eigvalsh(hessian)[0] <= 0:
            break
        step = np.linalg.solve(hessian, slope)
        if float(slope @ step) < _DECREMENT:
            return theta - step, hessian
        theta = theta - step
    other = {"unstructured": "compound_symmetry", "compound_symmetry": "unstructured"}[loss.structure.name]
    raise ModelError(
        f"The mixed model did not converge with {loss.structure.name} covariance: its likelihood has no highest point. "
        f"Use {other}, or leave out timepoints that few patients answered."
    )


def _check_regular(sigma: FloatArray) -> None:
    deviations = np.sqrt(np.diag(sigma))
    if np.linalg.eigvalsh(sigma / np.outer(deviations, deviations))[0] < _SINGULAR:
        raise ModelError(
            "The mixed model has no unique covariance: the answers at one timepoint follow from those at "
            "others. Leave out the timepoint that repeats another."
        )


def maximise(parts: tuple[Sums, ...], structure: Covariance, rough: FloatArray, unit: float) -> Fit:
    """Find the covariance by BFGS with the exact gradient, then by Newton's method.

    ``rough`` (k, k): where to begin. ``unit``: what the values were divided by. Raises ``ModelError`` where
    the search does not end.
    """
    loss = _Loss(parts, structure)
    with np.errstate(all="ignore"):  # steps too far are refused by their infinite loss
        found = minimize(
            loss.both, structure.start(rough), jac=True, method="BFGS", options={"gtol": 1e-4, "maxiter": 400}
        )
        theta = np.asarray(found.x, dtype=np.float64)
        if not np.isfinite(found.fun):
            raise ModelError("The mixed model did not converge: its likelihood is not finite.")
        _check_regular(structure.matrix(theta))
        theta, hessian = _polish(loss, theta)
    return Fit(structure, parts, theta, hessian, at(parts, structure.matrix(theta)), unit)
