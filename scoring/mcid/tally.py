"""Patients counted by distinct change and by whether they improved, for the cohort and for its resamples."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from scoring.types import BoolArray, FloatArray

_CELLS = 1_000_000  # of one batch of resamples: bounded memory for any cohort


@dataclass(frozen=True, slots=True)
class Tally:
    """``change``: shape (m,), distinct and ascending. ``improved``, ``others``: counts of shape (resamples, m)."""

    change: FloatArray
    improved: FloatArray
    others: FloatArray

    @property
    def total(self) -> FloatArray:
        """Patients by distinct change."""
        return self.improved + self.others

    @property
    def two_sided(self) -> BoolArray:
        """Resamples in which somebody improved and somebody did not."""
        both: BoolArray = (self.improved.sum(axis=1) > 0) & (self.others.sum(axis=1) > 0)
        return both


def tally(change: FloatArray, improved: BoolArray) -> Tally:
    """Count the cohort itself: one resample that draws each patient once.

    >>> counted = tally(np.array([10.0, 4.0, 4.0]), np.array([True, True, False]))
    >>> counted.change.tolist(), counted.improved.tolist(), counted.others.tolist()
    ([4.0, 10.0], [[1.0, 1.0]], [[1.0, 0.0]])
    """
    distinct, places = np.unique(change, return_inverse=True)
    counts = np.zeros((2, len(distinct)))
    np.add.at(counts, (improved.astype(np.intp), places), 1)
    return Tally(distinct, counts[1:], counts[:1])


def draws(n: int, size: int, seed: int) -> Iterator[np.typing.NDArray[np.int64]]:
    """Patients drawn with replacement, ``size`` times n of them, in batches of shape (batch, n)."""
    random = np.random.default_rng(seed)
    batch = max(1, _CELLS // n)
    for begun in range(0, size, batch):
        yield random.integers(0, n, (min(batch, size - begun), n))


def resampled(
    change: FloatArray, improved: BoolArray, size: int, seed: int, done: Callable[[int], None]
) -> Iterator[Tally]:
    """Yield the tallies of ``size`` resamples of patients, in batches; ``done`` hears how many there are so far."""
    distinct, places = np.unique(change, return_inverse=True)
    wide = 2 * len(distinct)
    cells = improved * len(distinct) + places
    counted = 0
    for batch in draws(len(change), size, seed):
        rows = np.arange(len(batch))[:, None] * wide
        counts = np.bincount((cells[batch] + rows).ravel(), minlength=len(batch) * wide).reshape(len(batch), 2, -1)
        yield Tally(distinct, counts[:, 1].astype(np.float64), counts[:, 0].astype(np.float64))
        counted += len(batch)
        done(counted)
