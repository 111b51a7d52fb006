"""Where EM begins: every class at the profile of a patient, patients far from each other being likelier."""

import numpy as np

from scoring.mixture.answers import Answers
from scoring.mixture.em import Parameters, Run, run, seen_inverses
from scoring.types import FloatArray

_SETTLING = 3  # rounds
_SHORT = 15  # iterations of each start
_GOING_ON = 3  # of the starts, the best by then
_LONG, _LONGEST = 500, 2000  # iterations of those, and of the best
_ROUGH, _FINE = 1e-4, 1e-7  # gain in log-likelihood at which EM has arrived
_SAME_PLACE = 0.1  # difference in log-likelihood of starts that arrived together
_SINGULAR = 1e-8  # smallest eigenvalue of the correlation


def one_class(answers: Answers) -> Run:
    """Fit a single class: the mean and covariance of what is there."""
    start = Parameters(np.ones(1), np.zeros((1, answers.k)), np.eye(answers.k))
    return run(answers, start, _LONGEST, _FINE)


def completed(answers: Answers, at: Parameters) -> FloatArray:
    """Fill what is unanswered with its expectation under one class."""
    inverses, _ = seen_inverses(answers, at.covariance)
    seen = answers.seen[answers.pattern]
    gap = (answers.values - at.means[0]) * seen
    toward = (at.covariance @ inverses)[answers.pattern]
    expected = at.means[0] + np.matmul(toward, gap[:, :, None])[:, :, 0]
    return np.where(seen > 0, answers.values, expected)


def _profiles(filled: FloatArray, classes: int, rng: np.random.Generator) -> FloatArray:
    """Choose patients as k-means++ does (Arthur & Vassilvitskii, SODA 2007)."""
    chosen = [filled[rng.integers(len(filled))]]
    while len(chosen) < classes:
        nearest = np.min([((filled - each) ** 2).sum(axis=1) for each in chosen], axis=0) + 1e-12
        chosen.append(filled[rng.choice(len(filled), p=nearest / nearest.sum())])
    return np.stack(chosen)


def _settled(filled: FloatArray, means: FloatArray) -> FloatArray:
    """Move each profile to the mean of the patients nearest to it, a few times: one patient is a noisy start."""
    for _ in range(_SETTLING):
        nearest = ((filled[:, None, :] - means) ** 2).sum(axis=2).argmin(axis=1)
        member = (nearest[:, None] == np.arange(len(means))).astype(np.float64)
        counts = member.sum(axis=0)[:, None]
        means = np.where(counts > 0, member.T @ filled / np.maximum(counts, 1), means)
    return means


def best_of(
    answers: Answers, filled: FloatArray, single: Parameters, classes: int, starts: int, rng: np.random.Generator
) -> tuple[Run, int]:
    """Best of several starts, and how many of those that went on arrived at it."""
    even = np.full(classes, 1 / classes)
    begun = [_settled(filled, _profiles(filled, classes, rng)) for _ in range(starts)]
    tried = [run(answers, Parameters(even, means, single.covariance / 2), _SHORT, _ROUGH) for means in begun]
    tried.sort(key=lambda each: -each.found.log_likelihood)
    ended = [run(answers, each.at, _LONG, _ROUGH) for each in tried[:_GOING_ON]]
    best = max(ended, key=lambda each: each.found.log_likelihood)
    reached = sum(best.found.log_likelihood - each.found.log_likelihood < _SAME_PLACE for each in ended)
    return best, reached


def polished(answers: Answers, best: Run) -> Run:
    """Go on from where the search ended until next to nothing is left to gain."""
    return run(answers, best.at, _LONGEST, _FINE)


def check_regular(covariance: FloatArray) -> None:
    """Raise ``LinAlgError`` where timepoints are copies of each other."""
    deviations = np.sqrt(np.diag(covariance))
    if np.linalg.eigvalsh(covariance / np.outer(deviations, deviations))[0] < _SINGULAR:
        raise np.linalg.LinAlgError("singular")
