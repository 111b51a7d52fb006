"""Mixed model for repeated measures: change by arm and timepoint, adjusted for the baseline.

Every answer counts, also those of patients who miss a timepoint; estimates hold where answers are missing at random.
Source: Mallinckrodt et al., Drug Inf J 2008;42:303-319.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from scoring.errors import ModelError
from scoring.mixed.checks import check_cohort, check_pairs, check_shapes
from scoring.mixed.covariance import covariance_of, rough_covariance
from scoring.mixed.effects import Effect, effect, not_estimable
from scoring.mixed.reml import Fit, maximise, sums
from scoring.types import FloatArray, IntArray

Structure = Literal["unstructured", "compound_symmetry"]

MIXED_VERSION = "mixed-1"
_FEWEST = 2  # patients of an arm at a timepoint, below which its difference is not given


@dataclass(frozen=True, slots=True)
class Mean:
    """Adjusted mean change of one arm at one timepoint, at the average baseline; n: its answers."""

    arm: str
    timepoint: str
    n: int
    effect: Effect


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean change of ``arm`` minus that of ``reference`` at one timepoint, at the same baseline."""

    arm: str
    reference: str
    timepoint: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class MixedModel:
    """A fitted model. ``residual``: covariance of the changes given arm, timepoint and baseline, shape (k, k).

    ``timepoints``: the k that were answered. ``left_out``: patients by reason. ``df_method`` and ``covariance`` name
    what was used. ``baseline_slope``: nothing where no baseline was given.
    """

    covariance: str
    timepoints: tuple[str, ...]
    n_patients: int
    n_observations: int
    left_out: dict[str, int]
    reml_loglik: float
    baseline_slope: Effect | None
    means: tuple[Mean, ...]
    differences: tuple[Difference, ...]
    residual: FloatArray
    level: float
    df_method: str = "Satterthwaite"
    version: str = MIXED_VERSION


@dataclass(frozen=True, slots=True)
class _Cohort:
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


def fit_mixed(
    change: FloatArray,
    arm: Sequence[str],
    *,
    timepoints: Sequence[str],
    baseline: FloatArray | None = None,
    reference: str | None = None,
    covariance: Structure = "unstructured",
    level: float = 0.95,
) -> MixedModel:
    """Fit change ~ arm × timepoint + baseline by restricted maximum likelihood.

    ``change``: shape (n, k), positive where the patient is better, NaN where unanswered. ``arm``: n names.
    ``baseline``: shape (n,), in the scale's unit; patients without one are left out and counted. ``reference``: the
    arm subtracted, by default the last by name. A timepoint nobody answered, a single arm, or an arm with fewer than
    two answers gives differences that say why they are not estimable. Raises ``ModelError`` where there are too few
    patients, the baseline does not vary, or the search does not converge.
    """
    check_shapes(change, arm, timepoints, baseline)
    names = sorted(set(arm))
    chosen = _reference(names, reference)
    cohort, seen, left_out = _cohort(change, np.searchsorted(names, np.asarray(arm)), len(names), baseline)
    fit = _fit(cohort, [timepoints[place] for place in seen], covariance)
    report = _Report(fit, cohort, names, level)
    return MixedModel(
        covariance=covariance,
        timepoints=tuple(timepoints[place] for place in seen),
        n_patients=len(cohort.change),
        n_observations=int(cohort.counts.sum()),
        left_out=left_out,
        reml_loglik=fit.log_likelihood,
        baseline_slope=report.slope(),
        means=tuple(report.means(timepoints, seen)),
        differences=tuple(report.differences(timepoints, seen, chosen)),
        residual=fit.sigma,
        level=level,
    )


def _reference(names: Sequence[str], reference: str | None) -> str:
    if reference is not None and reference not in names:
        raise ModelError(f"There is no arm {reference!r}. The arms are: {', '.join(names)}.")
    if not names:
        raise ModelError("There is nothing to model: there are no patients.")
    return names[-1] if reference is None else reference


def _cohort(
    change: FloatArray, arm: IntArray, arms: int, baseline: FloatArray | None
) -> tuple[_Cohort, IntArray, dict[str, int]]:
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
    cohort = _Cohort(kept[:, seen], arm[keep], None if baseline is None else baseline[keep], counts)
    return cohort, seen, left_out


def _fit(cohort: _Cohort, timepoints: Sequence[str], covariance: Structure) -> Fit:
    design = cohort.design()
    check_cohort(cohort.change, design, cohort.baseline)
    structure = covariance_of(covariance, len(timepoints))
    check_pairs(cohort.change, timepoints, design, structure.name)
    unit = float(np.nanstd(cohort.change))  # the search knows only sizes near 1
    values = cohort.change / unit
    return maximise(sums(design, values), structure, rough_covariance(values), unit)


@dataclass(frozen=True, slots=True)
class _Report:
    """Reads means, differences and the slope off a fit."""

    fit: Fit
    cohort: _Cohort
    names: Sequence[str]
    level: float

    def _weights(self, arm: int, place: int) -> FloatArray:
        weights = np.zeros(len(self.fit.point.beta))
        weights[self.cohort.cells[arm, place]] = 1
        return weights

    def slope(self) -> Effect | None:
        if self.cohort.baseline is None:
            return None
        return effect(self.fit, np.eye(len(self.fit.point.beta))[-1], self.level)

    def _place(self, seen: IntArray, column: int) -> int | None:
        return int(np.searchsorted(seen, column)) if column in seen else None

    def means(self, timepoints: Sequence[str], seen: IntArray) -> list[Mean]:
        return [
            self._mean(arm, name, self._place(seen, column))
            for arm in range(len(self.names))
            for column, name in enumerate(timepoints)
        ]

    def _mean(self, arm: int, timepoint: str, place: int | None) -> Mean:
        n = 0 if place is None else int(self.cohort.counts[arm, place])
        if place is None or n == 0:
            return Mean(self.names[arm], timepoint, 0, not_estimable("nobody answered"))
        return Mean(self.names[arm], timepoint, n, effect(self.fit, self._weights(arm, place), self.level))

    def differences(self, timepoints: Sequence[str], seen: IntArray, reference: str) -> list[Difference]:
        base = self.names.index(reference)
        others = [arm for arm in range(len(self.names)) if arm != base]
        if not others:
            alone = not_estimable(f"there is one arm only, {reference}")
            return [Difference(reference, reference, name, alone) for name in timepoints]
        return [
            Difference(self.names[arm], reference, name, self._difference(arm, base, self._place(seen, column)))
            for arm in others
            for column, name in enumerate(timepoints)
        ]

    def _difference(self, arm: int, base: int, place: int | None) -> Effect:
        if place is None:
            return not_estimable("nobody answered at this timepoint")
        for each in (arm, base):
            n = int(self.cohort.counts[each, place])
            if n < _FEWEST:
                return not_estimable(f"{self.names[each]} has {n} answer{'s' * (n != 1)} at this timepoint")
        return effect(self.fit, self._weights(arm, place) - self._weights(base, place), self.level)
