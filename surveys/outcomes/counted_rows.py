"""Equal rows with how many patients have each: the same, whether patients come one by one or those alike at once."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import numpy as np

from scoring.types import FloatArray, IntArray


def counts_of(values: FloatArray, weights: IntArray | None) -> tuple[FloatArray, IntArray]:
    """The distinct values, ascending, and how many patients have each; NaN is left out."""
    there = np.isfinite(values)
    found, which = np.unique(values[there], return_inverse=True)
    return found, _summed(which, None if weights is None else weights[there], len(found))


def counts_hash(columns: Sequence[IntArray], weights: IntArray | None) -> str:
    """SHA-256 of the distinct rows, in order, with how many patients have each."""
    kinds: IntArray = np.zeros(len(columns[0]), dtype=np.int64)
    names = []
    for column in columns:
        own, which = np.unique(column, return_inverse=True)
        names.append(own)
        kinds = kinds * max(1, len(own)) + which
    found, which = np.unique(kinds, return_inverse=True)
    told = [_summed(which, weights, len(found))]
    for own in reversed(names):
        found, place = np.divmod(found, max(1, len(own)))
        told.insert(0, own[place] if len(own) else place)
    return sha256(np.column_stack(told).astype("<i8").tobytes()).hexdigest()


def _summed(which: IntArray, weights: IntArray | None, size: int) -> IntArray:
    if weights is None:
        return np.bincount(which, minlength=size).astype(np.int64)
    counts = np.zeros(size, dtype=np.int64)
    np.add.at(counts, which, weights)
    return counts
