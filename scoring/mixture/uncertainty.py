"""How sure the shares of the classes are: the empirical information of all parameters together.

Source: McLachlan & Peel, Finite Mixture Models (2000), section 2.15. Each patient's score is summed as its outer
product; its inverse is the covariance of the estimates. Intervals on the logit, so that they stay within 0 and 1.
"""

from math import log

import numpy as np
from scipy.special import expit
from scipy.stats import norm

from scoring.mixture.answers import Answers
from scoring.mixture.em import Expectation, Parameters
from scoring.types import FloatArray


def _scores(answers: Answers, at: Parameters, found: Expectation) -> FloatArray:
    """Derivative of each patient's log-likelihood by all parameters; the weights but the last come first."""
    inverses = found.inverses[answers.pattern]
    gaps = (answers.values[:, None, :] - at.means) * answers.seen[answers.pattern][:, None, :]
    pull = np.matmul(gaps, inverses)
    by_mean = found.posterior[:, :, None] * pull
    by_covariance = np.matmul(by_mean.transpose(0, 2, 1), pull) - inverses
    ratio = found.posterior / at.weights
    rows, columns = np.tril_indices(answers.k)
    halved = np.where(rows == columns, 0.5, 1.0)
    parts = [ratio[:, :-1] - ratio[:, -1:], by_mean.reshape(answers.n, -1), by_covariance[:, rows, columns] * halved]
    return np.hstack(parts)


def share_errors(answers: Answers, at: Parameters, found: Expectation) -> FloatArray | None:
    """Standard errors of the g shares; nothing where the patients do not carry so many parameters."""
    free = len(at.weights) - 1
    if free == 0:
        return np.zeros(1)
    scores = _scores(answers, at, found)
    size = np.sqrt((scores**2).sum(axis=0))
    if (size == 0).any() or np.linalg.matrix_rank(scores / size) < scores.shape[1]:
        return None
    scaled = scores / size
    spread = np.linalg.inv(scaled.T @ scaled)[:free, :free] / np.outer(size[:free], size[:free])
    variances = np.append(np.diag(spread), spread.sum())  # the last share is what the others leave
    return np.asarray(np.sqrt(variances), dtype=np.float64)


def share_interval(share: float, error: float, level: float) -> tuple[float, float]:
    """Wald interval of the logit of a share."""
    if not 0 < share < 1 or error == 0:
        return share, share
    middle = log(share / (1 - share))
    half = float(norm.ppf((1 + level) / 2)) * error / (share * (1 - share))
    return float(expit(middle - half)), float(expit(middle + half))
