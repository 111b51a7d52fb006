"""Answers as the EM algorithm wants them: standardised, sorted by who answered when, zero where unanswered."""

from dataclasses import dataclass

import numpy as np

from scoring.patterns import missing_patterns
from scoring.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Answers:
    """n patients at k timepoints in P patterns of missing answers.

    ``values``: (n, k) about ``centre`` in units of ``scale``, both (k,), patients of a pattern next to each other;
    ``rows``: where each patient stood. ``pattern``: (n,); ``first``: (P,), its first patient; ``size``: (P,).
    ``seen``: (P, k), 1 where answered. ``squares``: (P, k, k), sums of products within the pattern.
    """

    values: FloatArray
    centre: FloatArray
    scale: FloatArray
    rows: IntArray
    pattern: IntArray
    first: IntArray
    size: IntArray
    seen: FloatArray
    squares: FloatArray

    @property
    def n(self) -> int:
        """Patients."""
        return len(self.values)

    @property
    def k(self) -> int:
        """Timepoints."""
        return int(self.values.shape[1])

    def in_units(self, log_likelihood: float) -> float:
        """Log-likelihood of the values as they came, from that of the standardised ones."""
        return log_likelihood - float(self.size @ self.seen @ np.log(self.scale))

    def means(self, means: FloatArray) -> FloatArray:
        """Means in the values' own unit."""
        return self.centre + means * self.scale

    def covariance(self, covariance: FloatArray) -> FloatArray:
        """Covariance in the values' own unit, squared."""
        return covariance * np.outer(self.scale, self.scale)


def arrange(values: FloatArray) -> Answers:
    """Sort ``values`` (n, k), NaN where unanswered, each patient with one answer at least."""
    patterns = missing_patterns(values)
    rows = np.concatenate([each.rows for each in patterns])
    size = np.array([len(each.rows) for each in patterns], dtype=np.int64)
    first = np.cumsum(size) - size
    centre = np.nanmean(values, axis=0)
    scale = np.full(values.shape[1], np.nanstd(values - centre))  # one for all: where answers differ more, classes show
    sorted_values = np.nan_to_num((values[rows] - centre) / scale)
    return Answers(
        sorted_values,
        centre,
        scale,
        rows,
        np.repeat(np.arange(len(patterns)), size),
        first,
        size,
        np.isfinite(values[rows[first]]).astype(np.float64),
        np.add.reduceat(sorted_values[:, :, None] * sorted_values[:, None, :], first),
    )
