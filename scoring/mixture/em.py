"""The EM algorithm of a normal mixture over time: a mean per class and timepoint, one covariance for all classes.

Answers may be missing at random: each patient counts with what is there, in closed form per missing pattern.
Sources: Dempster, Laird & Rubin, J R Stat Soc B 1977;39:1-38; Ghahramani & Jordan, MIT AI Memo 1509 (1994).
"""

from dataclasses import dataclass

import numpy as np

from scoring.mixture.answers import Answers
from scoring.types import FloatArray

_LEAST = 1e-9  # patients in a class that is dying out
_LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, slots=True)
class Parameters:
    """``weights``: (g,), sum 1; ``means``: (g, k); ``covariance``: (k, k), common to the classes."""

    weights: FloatArray
    means: FloatArray
    covariance: FloatArray


@dataclass(frozen=True, slots=True)
class Expectation:
    """``posterior``: (n, g), rows sum to 1, in the order of ``Answers``. ``inverses``: see ``seen_inverses``."""

    posterior: FloatArray
    log_likelihood: float
    inverses: FloatArray


def seen_inverses(answers: Answers, covariance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Inverse of each pattern's block, (P, k, k), zero where unanswered, and the logarithms of their determinants."""
    both = answers.seen[:, :, None] * answers.seen[:, None, :]
    blank = np.eye(answers.k) * (1 - answers.seen)[:, None, :]
    padded = covariance * both + blank  # an unanswered timepoint stands alone with variance 1
    factors = np.linalg.cholesky(padded)
    logs = 2 * np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
    return np.linalg.inv(padded) - blank, logs


def expect(answers: Answers, at: Parameters) -> Expectation:
    """Posterior probability of each class for each patient, and the log-likelihood."""
    inverses, logs = seen_inverses(answers, at.covariance)
    pulled = np.matmul(inverses[answers.pattern], answers.values[:, :, None])[:, :, 0]
    own = (pulled * answers.values).sum(axis=1, keepdims=True)
    centres = ((at.means @ inverses) * at.means).sum(axis=2)  # (P, g)
    constant = (logs + answers.seen.sum(axis=1) * _LOG_2PI)[:, None] + centres
    joint = np.log(at.weights) + pulled @ at.means.T - (own + constant[answers.pattern]) / 2
    top = joint.max(axis=1, keepdims=True)
    shifted = np.exp(joint - top)
    total = shifted.sum(axis=1, keepdims=True)
    return Expectation(shifted / total, float((top + np.log(total)).sum()), inverses)


def maximise(answers: Answers, at: Parameters, found: Expectation) -> Parameters:
    """Weights, means and covariance that fit the posterior best, unanswered timepoints at their expectation."""
    posterior = found.posterior
    counts = np.maximum(posterior.sum(axis=0), _LEAST)
    sizes = np.add.reduceat(posterior, answers.first)  # (P, g)
    totals = np.add.reduceat(posterior[:, :, None] * answers.values[:, None, :], answers.first)  # (P, g, k)
    means = answers.seen[:, None, :] * at.means
    toward = at.covariance @ found.inverses  # what all timepoints follow from those answered
    moved = np.matmul(totals - sizes[:, :, None] * means, toward.transpose(0, 2, 1)).sum(axis=0)
    crossed = np.matmul(totals.transpose(0, 2, 1), means)
    spread = np.matmul(means.transpose(0, 2, 1) * sizes[:, None, :], means)
    gaps = answers.squares - crossed - crossed.transpose(0, 2, 1) + spread
    explained = np.matmul(np.matmul(toward, gaps), toward.transpose(0, 2, 1)).sum(axis=0)
    chance = answers.n * at.covariance - np.tensordot(answers.size, toward, axes=1) @ at.covariance
    step = moved / counts[:, None]
    covariance = (explained + chance - (step.T * counts) @ step) / answers.n
    return Parameters(counts / answers.n, at.means + step, (covariance + covariance.T) / 2)


@dataclass(frozen=True, slots=True)
class Run:
    """Where EM arrived, and whether it had stopped gaining there."""

    at: Parameters
    found: Expectation
    converged: bool


def run(answers: Answers, start: Parameters, iterations: int, tolerance: float) -> Run:
    """Iterate until the log-likelihood gains less than ``tolerance``, or ``iterations`` are over."""
    at = start
    found = expect(answers, at)
    for _ in range(iterations):
        at = maximise(answers, at, found)
        before, found = found.log_likelihood, expect(answers, at)
        if found.log_likelihood - before < tolerance:
            return Run(at, found, converged=True)
    return Run(at, found, converged=False)
