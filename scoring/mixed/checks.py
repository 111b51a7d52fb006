"""What a mixed model refuses before it starts, each with what to do instead."""

from collections.abc import Sequence

import numpy as np

from scoring.errors import ModelError
from scoring.types import FloatArray

_BEYOND = 2  # patients a covariance of two timepoints needs beyond the means it is taken about


def check_shapes(
    change: FloatArray, arm: Sequence[str], timepoints: Sequence[str], baseline: FloatArray | None
) -> None:
    """Refuse tables that do not belong together."""
    if change.ndim != 2 or change.shape != (len(arm), len(timepoints)):
        raise ModelError(f"{len(arm)} patients by {len(timepoints)} timepoints do not fit changes of {change.shape}.")
    if len(set(timepoints)) != len(timepoints):
        raise ModelError("A timepoint is named twice.")
    if baseline is not None and baseline.shape != (len(arm),):
        raise ModelError(f"{len(arm)} patients do not fit baselines of {baseline.shape}.")
    if np.isinf(change).any() or (baseline is not None and np.isinf(baseline).any()):
        raise ModelError("A change or a baseline is infinite.")


def check_cohort(change: FloatArray, design: FloatArray, baseline: FloatArray | None) -> None:
    """Refuse a cohort without variation, and means that cannot be told apart."""
    answered = np.isfinite(change)
    x, y = design[answered], change[answered]
    columns = x.shape[1]
    if len(y) <= columns:
        raise ModelError(f"Too few patients: {len(y)} answers in all cannot carry {columns} means and slopes.")
    if baseline is not None and np.ptp(baseline) == 0:
        raise ModelError("Every patient has the same baseline, so it explains nothing. Leave the baseline out.")
    if np.linalg.matrix_rank(x) < columns:
        raise ModelError("The baseline follows from arm and timepoint. Leave the baseline out.")
    residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    if np.abs(residual).max() <= 1e-9 * max(1.0, np.abs(y).max()):
        raise ModelError("The changes do not vary within arm and timepoint, so nothing can be estimated.")


def check_pairs(change: FloatArray, timepoints: Sequence[str], design: FloatArray, structure: str) -> None:
    """Refuse a covariance that too few patients carry: each pair of timepoints needs patients who answered both."""
    answered = np.isfinite(change)
    if len(timepoints) == 1:
        return
    if structure == "compound_symmetry":
        if not (answered.sum(axis=1) > 1).any():
            raise ModelError("Too few patients: nobody answered at two timepoints, so there is no correlation.")
        return
    means = int(design[:, 0, :].any(axis=0).sum())  # arms and baseline: what one timepoint must carry first
    if len(change) < means + len(timepoints):
        raise ModelError(
            f"Too few patients: {len(change)} cannot carry an unstructured covariance of {len(timepoints)} timepoints "
            f"and {means} means and slopes, which need {means + len(timepoints)}. Use compound_symmetry."
        )
    together = answered.T.astype(np.int64) @ answered.astype(np.int64)
    first, second = divmod(int(together.argmin()), len(timepoints))
    if together[first, second] < means + _BEYOND:
        raise ModelError(
            f"Too few patients: {together[first, second]} answered both at {timepoints[first]} and at "
            f"{timepoints[second]}, an unstructured covariance needs {means + _BEYOND}. Use compound_symmetry, "
            "or leave a timepoint out."
        )
