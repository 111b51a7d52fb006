"""Restricted likelihood of a linear model with correlated answers, from sums per missing pattern.

Source: Laird & Ware, Biometrics 1982;38:963-974. The logarithm of the determinant of X'X is left
out of the constant, as in R's ``nlme::gls``.
"""

from dataclasses import dataclass

import numpy as np

from scoring.patterns import Pattern, missing_patterns
from scoring.types import FloatArray


@dataclass(frozen=True, slots=True)
class Sums:
    """All a likelihood needs of the m patients of one pattern, o timepoints and p columns.

    ``xx``: (o, o, p, p); ``xy``: (o, o, p); ``yy``: (o, o).
    """

    pattern: Pattern
    n: int
    xx: FloatArray
    xy: FloatArray
    yy: FloatArray


def sums(design: FloatArray, values: FloatArray) -> tuple[Sums, ...]:
    """Sum up ``values`` (n, k), NaN where unanswered, and their ``design`` (n, k, p)."""
    return tuple(_pattern_sums(pattern, design, values) for pattern in missing_patterns(values))


def _pattern_sums(pattern: Pattern, design: FloatArray, values: FloatArray) -> Sums:
    x, y = design[pattern.cells], values[pattern.cells]
    return Sums(
        pattern,
        len(y),
        np.einsum("nap,nbq->abpq", x, x, optimize=True),
        np.einsum("nap,nb->abp", x, y, optimize=True),
        y.T @ y,
    )


@dataclass(frozen=True, slots=True)
class Point:
    """The likelihood at one covariance.

    ``beta`` (p,) with its covariance ``spread`` (p, p); ``inverses``: of each pattern's block;
    ``loss``: minus the restricted log-likelihood.
    """

    beta: FloatArray
    spread: FloatArray
    inverses: tuple[FloatArray, ...]
    loss: float


def _inverse(matrix: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def _log_determinant(matrix: FloatArray) -> float:
    sign, logarithm = np.linalg.slogdet(matrix)
    if sign <= 0 or not np.isfinite(logarithm):
        raise np.linalg.LinAlgError("not positive definite")
    return float(logarithm)


def at(parts: tuple[Sums, ...], sigma: FloatArray) -> Point:
    """Generalised least squares and the restricted likelihood for one covariance (k, k)."""
    blocks = [sigma[each.pattern.block] for each in parts]
    inverses = tuple(_inverse(block) for block in blocks)
    pairs = list(zip(inverses, parts, strict=True))
    information = sum(np.tensordot(inverse, each.xx) for inverse, each in pairs)
    moment = sum(np.tensordot(inverse, each.xy) for inverse, each in pairs)
    spread = _inverse(np.asarray(information))
    beta = spread @ moment
    quadratic = sum(float((inverse * each.yy).sum()) for inverse, each in pairs) - float(beta @ moment)
    logs = sum(each.n * _log_determinant(block) for each, block in zip(parts, blocks, strict=True))
    free = sum(each.n * len(each.pattern.seen) for each in parts) - len(beta)
    loss = (free * np.log(2 * np.pi) + logs + _log_determinant(np.asarray(information)) + quadratic) / 2
    return Point(beta, spread, inverses, float(loss))


def gradient(parts: tuple[Sums, ...], point: Point, slopes: FloatArray) -> FloatArray:
    """Derivative of the loss by each parameter, through that by the covariance itself."""
    by_sigma = np.zeros(slopes.shape[1:])
    outer = np.outer(point.beta, point.beta) + point.spread
    for each, inverse in zip(parts, point.inverses, strict=True):
        crossed = each.xy @ point.beta
        residual = each.yy - crossed - crossed.T + np.tensordot(each.xx, outer)
        by_sigma[each.pattern.block] += (each.n * inverse - inverse @ residual @ inverse) / 2
    return np.tensordot(slopes, by_sigma)
