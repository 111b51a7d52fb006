"""How answers of one patient vary together: two structures over free parameters.

Any vector of parameters gives a positive definite matrix, so the search needs no bounds.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from scoring.errors import ModelError
from scoring.types import FloatArray


class Covariance(Protocol):
    """A covariance over k timepoints, steered by q free parameters."""

    @property
    def name(self) -> str:
        """What a report calls the structure."""

    def start(self, rough: FloatArray) -> FloatArray:
        """Parameters, shape (q,), to begin from, given a rough positive definite covariance (k, k)."""

    def matrix(self, theta: FloatArray) -> FloatArray:
        """Covariance of shape (k, k)."""

    def slopes(self, theta: FloatArray) -> FloatArray:
        """Derivative of the matrix by each parameter, shape (q, k, k)."""


@dataclass(frozen=True, slots=True)
class Unstructured:
    """Every variance and every covariance free: k (k + 1) / 2 parameters.

    They are the Cholesky factor's lower triangle, its diagonal as logarithms
    (Pinheiro & Bates, Stat Comput 1996;6:289-296).
    """

    size: int
    name: str = "unstructured"

    def start(self, rough: FloatArray) -> FloatArray:
        """Start at the rough covariance."""
        factor = np.linalg.cholesky(rough)
        diagonal = np.diag_indices(self.size)
        factor[diagonal] = np.log(factor[diagonal])
        return np.asarray(factor[np.tril_indices(self.size)])

    def _factor(self, theta: FloatArray) -> FloatArray:
        factor = np.zeros((self.size, self.size))
        factor[np.tril_indices(self.size)] = theta
        diagonal = np.diag_indices(self.size)
        factor[diagonal] = np.exp(factor[diagonal])
        return factor

    def matrix(self, theta: FloatArray) -> FloatArray:
        """The factor times its transpose."""
        factor = self._factor(theta)
        return factor @ factor.T

    def slopes(self, theta: FloatArray) -> FloatArray:
        """Derivative by each entry of the lower triangle."""
        factor = self._factor(theta)
        lower, right = np.tril_indices(self.size)
        half = np.zeros((len(theta), self.size, self.size))
        place = np.arange(len(theta))
        half[place, lower] = factor[:, right].T
        half[place[lower == right]] *= np.diag(factor)[:, None, None]
        return half + half.transpose(0, 2, 1)


@dataclass(frozen=True, slots=True)
class CompoundSymmetry:
    """One variance and one correlation for every pair of timepoints: 2 parameters.

    They are the logarithms of the two eigenvalues, within and between patients.
    """

    size: int
    name: str = "compound_symmetry"

    def start(self, rough: FloatArray) -> FloatArray:
        """Start at the average variance and covariance."""
        variance = float(np.diag(rough).mean())
        covariance = (float(rough.sum()) / self.size - variance) / (self.size - 1)
        return np.log([variance - covariance, variance + (self.size - 1) * covariance])

    def matrix(self, theta: FloatArray) -> FloatArray:
        """The two eigenvalues on their spaces."""
        total: FloatArray = self.slopes(theta).sum(axis=0)
        return total

    def slopes(self, theta: FloatArray) -> FloatArray:
        """Derivative by the logarithm of each eigenvalue."""
        between = np.full((self.size, self.size), 1 / self.size)
        within, shared = np.exp(theta)
        return np.stack([within * (np.eye(self.size) - between), shared * between])


def rough_covariance(values: FloatArray) -> FloatArray:
    """Covariance of what each pair of timepoints shares, drawn towards its diagonal until it is positive definite.

    ``values``: (n, k), NaN where unanswered. A place to begin from, no estimate.
    """
    answered = np.isfinite(values)
    gaps = np.where(answered, values - np.nanmean(values, axis=0), 0.0)
    counts = answered.astype(np.float64)
    whole = gaps.T @ gaps / np.maximum(counts.T @ counts, 1)
    diagonal = np.diag(np.maximum(np.diag(whole), 1e-3 * np.diag(whole).mean()))
    for share in (0.95, 0.8, 0.5):
        drawn = share * whole + (1 - share) * diagonal
        if np.linalg.eigvalsh(drawn)[0] > 1e-3 * np.diag(drawn).min():
            return np.asarray(drawn)
    return diagonal


def covariance_of(name: str, size: int) -> Covariance:
    """Structure by its name. A single timepoint has one variance under either."""
    if name not in ("unstructured", "compound_symmetry"):
        raise ModelError(f"There is no covariance {name!r}: it is unstructured or compound_symmetry.")
    if name == "compound_symmetry" and size > 1:
        return CompoundSymmetry(size)
    return Unstructured(size)
