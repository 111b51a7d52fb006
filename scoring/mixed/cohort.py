"""The patients a mixed model uses, and its columns."""

from dataclasses import dataclass

import numpy as np

from scoring.errors import ModelError
from scoring.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Cohort:
    """Patients and timepoints with an answer; ``counts``: answers by arm and timepoint."""

    change: FloatArray
    arm: IntArray
    baseline: FloatArray | None
    counts: IntArray

    @property
    def cells(self) -> IntArray:
        """Column of each arm × timepoint in the design, -1 where nobody answered."""
        filled = self.counts > 0
        places: IntArray = np.where(filled, np.cumsum(filled).reshape(filled.shape) - 1, -1)
        return places

    def design(self) -> FloatArray:
        """Columns of shape (n, k, p): one mean per arm and timepoint, then the baseline about its average."""
        places = self.cells[self.arm]
        columns = int((self.counts > 0).sum())
        means: FloatArray = (places[:, :, None] == np.arange(columns)).astype(np.float64)
        if self.baseline is None:
            return means
        centred = self.baseline - self.baseline.mean()
        slope = np.broadcast_to(centred[:, None, None], (*places.shape, 1))
        return np.concatenate([means, slope], axis=2)


def cohort_of(
    change: FloatArray, arm: IntArray, arms: int, baseline: FloatArray | None
) -> tuple[Cohort, IntArray, dict[str, int]]:
    """Leave out who has no baseline or no answer, and timepoints without any; say how many."""
    based = np.ones(len(change), dtype=bool) if baseline is None else np.isfinite(baseline)
    answered = np.isfinite(change).any(axis=1)
    keep = based & answered
    kept = change[keep]
    seen = np.flatnonzero(np.isfinite(kept).any(axis=0))
    if not keep.any():
        raise ModelError("There is nothing to model: no patient has both a baseline and a follow-up.")
    counts = np.zeros((arms, len(seen)), dtype=np.int64)
    np.add.at(counts, arm[keep], np.isfinite(kept[:, seen]))
    left_out = {"no_baseline": int((~based).sum()), "no_follow_up": int((based & ~answered).sum())}
    cohort = Cohort(kept[:, seen], arm[keep], None if baseline is None else baseline[keep], counts)
    return cohort, seen, left_out
