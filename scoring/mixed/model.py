"""Mixed model for repeated measures: change by arm and timepoint, adjusted for the baseline.

Every answer counts, also those of patients who miss a timepoint; estimates hold where answers are missing at random.
Source: Mallinckrodt et al., Drug Inf J 2008;42:303-319.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from scoring.errors import ModelError
from scoring.mixed.checks import check_cohort, check_pairs, check_shapes
from scoring.mixed.cohort import Cohort, cohort_of
from scoring.mixed.contrasts import Contrasts
from scoring.mixed.covariance import covariance_of, rough_covariance
from scoring.mixed.likelihood import sums
from scoring.mixed.reml import Fit, maximise
from scoring.mixed.result import MixedModel
from scoring.types import FloatArray

Structure = Literal["unstructured", "compound_symmetry"]


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
    cohort, seen, left_out = cohort_of(change, np.searchsorted(names, np.asarray(arm)), len(names), baseline)
    fit = _fit(cohort, [timepoints[place] for place in seen], covariance)
    report = Contrasts(fit, cohort, names, level)
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


def _fit(cohort: Cohort, timepoints: Sequence[str], covariance: Structure) -> Fit:
    design = cohort.design()
    check_cohort(cohort.change, design, cohort.baseline)
    structure = covariance_of(covariance, len(timepoints))
    check_pairs(cohort.change, timepoints, design, structure.name)
    unit = float(np.nanstd(cohort.change))  # the search knows only sizes near 1
    values = cohort.change / unit
    return maximise(sums(design, values), structure, rough_covariance(values), unit)
