"""Who answered when: patients grouped by the timepoints they answered, for models that use every answer."""

from dataclasses import dataclass

import numpy as np

from scoring.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Pattern:
    """Patients who answered at the same timepoints.

    ``seen``: columns with an answer, shape (o,). ``rows``: the patients, shape (m,).
    """

    seen: IntArray
    rows: IntArray

    @property
    def block(self) -> tuple[IntArray, IntArray]:
        """Index of the answered timepoints' block in a covariance over all timepoints."""
        return self.seen[:, None], self.seen[None, :]

    @property
    def cells(self) -> tuple[IntArray, IntArray]:
        """Index of these patients' answers in a table of patients by timepoints."""
        return self.rows[:, None], self.seen[None, :]


def missing_patterns(values: FloatArray) -> tuple[Pattern, ...]:
    """Group n patients, ``values`` of shape (n, k) with NaN where unanswered.

    Patients without any answer belong to no group.
    """
    answered = np.isfinite(values)
    kinds, kind = np.unique(answered, axis=0, return_inverse=True)
    return tuple(
        Pattern(np.flatnonzero(seen), np.flatnonzero(kind.ravel() == place))
        for place, seen in enumerate(kinds)
        if seen.any()
    )
