"""Multiple imputation of scores by chained equations, each arm by itself."""

import numpy as np

from scoring.errors import ModelError, ScoringError
from scoring.types import BoolArray, FloatArray, IntArray, TextArray

DONORS = 5
ITERATIONS = 10
MOST = 1000  # data sets: more bring nothing but time
_EQUAL = 1e-9  # relative: predictions nearer than this are the same
_BLOCK = 2_000_000  # distances at once
_RIDGE = 1e-5  # of each diagonal element, so that a constant or repeated visit does no harm


def impute(visits: FloatArray, arm: TextArray, imputations: int, seed: int) -> FloatArray:
    """Complete the scores of n patients at t visits, baseline first: shape (imputations, n, t).

    ``visits``: shape (n, t), NaN where missing; ``arm``: shape (n,). Within each arm every visit with gaps is regressed
    on all others in turn, ten rounds; a gap takes the score of one of five patients whose predicted scores are
    nearest (predictive mean matching), so that every imputed score is one that was observed. Patients without
    a baseline are neither used nor filled. The same seed gives the same scores. Assumes that scores are missing at
    random given the visits that are there. Raises ModelError where an arm has too few scores at a visit. Source: van
    Buuren & Groothuis-Oudshoorn, J Stat Softw 2011;45(3), method pmm.
    """
    if visits.ndim != 2 or len(visits) != len(arm) or visits.shape[1] < 2:
        raise ScoringError("Imputation needs one row per patient with a baseline and one later visit or more.")
    if not 2 <= imputations <= MOST:
        raise ScoringError(f"Multiple imputation takes 2 to {MOST} data sets; twenty are usual.")
    if seed < 0:
        raise ScoringError("A seed is a whole number, 0 or above.")
    _check_arms(visits, arm)
    streams = [np.random.default_rng(each) for each in np.random.SeedSequence(seed).spawn(imputations)]
    return np.stack([_complete(visits, arm, rng) for rng in streams])


def _check_arms(visits: FloatArray, arm: TextArray) -> None:
    for name in sorted(set(arm.tolist())):
        own = visits[(arm == name) & np.isfinite(visits[:, 0])]
        seen = np.isfinite(own).sum(axis=0)
        needed = visits.shape[1] + 2
        for at in np.flatnonzero((seen < len(own)) & (seen < needed)).tolist():
            raise ModelError(
                f"Imputation is not estimable, because arm {name!r} has {seen[at]} scores at visit {at + 1} of "
                f"{visits.shape[1]}; {needed} or more are needed."
            )


def _complete(visits: FloatArray, arm: TextArray, rng: np.random.Generator) -> FloatArray:
    completed = visits.copy()
    for name in sorted(set(arm.tolist())):
        own = (arm == name) & np.isfinite(visits[:, 0])
        completed[own] = _chain(visits[own], rng)
    return completed


def _chain(visits: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Complete one arm: start from random scores of the same visit, then regress in turn."""
    gaps = np.isnan(visits)
    filled = visits.copy()
    incomplete = np.flatnonzero(gaps.any(axis=0)).tolist()
    for at in incomplete:
        filled[gaps[:, at], at] = rng.choice(visits[~gaps[:, at], at], int(gaps[:, at].sum()))
    for _ in range(ITERATIONS if len(incomplete) > 1 else 1):
        for at in incomplete:
            others = np.column_stack([np.ones(len(filled)), np.delete(filled, at, axis=1)])
            filled[gaps[:, at], at] = _match(others, visits[:, at], gaps[:, at], rng)
    return filled


def _match(design: FloatArray, scores: FloatArray, gap: BoolArray, rng: np.random.Generator) -> FloatArray:
    """Scores for the gaps: a random one of the donors whose prediction is nearest."""
    seen = scores[~gap]
    best, drawn = _regress(design[~gap], seen, rng)
    wanted, offered = design[gap] @ drawn, design[~gap] @ best
    blocks = np.array_split(wanted, max(1, len(wanted) * len(offered) // _BLOCK))
    return np.concatenate([seen[_donors(block, offered, rng)] for block in blocks])


def _donors(wanted: FloatArray, offered: FloatArray, rng: np.random.Generator) -> IntArray:
    """One donor for each prediction wanted; chance decides between equals, not the order of the file."""
    distance = np.abs(np.subtract.outer(wanted, offered))
    distance += rng.random(distance.shape) * _EQUAL * (1 + np.abs(offered).max())
    number = min(DONORS, len(offered))
    nearest = np.argpartition(distance, number - 1, axis=1)[:, :number]
    return nearest[np.arange(len(nearest)), rng.integers(0, number, len(nearest))]


def _regress(design: FloatArray, scores: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Least squares coefficients, and a draw of them from their posterior distribution."""
    squares = design.T @ design
    inverse = np.linalg.inv(squares + _RIDGE * np.diag(np.diag(squares) + 1e-12))
    best = inverse @ design.T @ scores
    residual = scores - design @ best
    spread = np.sqrt(residual @ residual / rng.chisquare(max(len(scores) - len(best), 1)))
    drawn = best + spread * np.linalg.cholesky((inverse + inverse.T) / 2) @ rng.standard_normal(len(best))
    return best, drawn
