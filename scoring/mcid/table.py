"""All estimates of a cohort side by side."""

from dataclasses import dataclass

from scoring.mcid.anchor import Anchor, judge_anchor
from scoring.mcid.anchored import Anchored
from scoring.mcid.bootstrap import Resampling
from scoring.mcid.cohort import Cohort
from scoring.mcid.distribution import ratio_estimates, spread_estimates
from scoring.mcid.estimate import Estimate
from scoring.mcid.mean_change import mean_change, mean_difference
from scoring.mcid.predictive import Predictive
from scoring.mcid.roc import Roc

ORDER = (  # of reading: Terwee et al. Qual Life Res 2021;30:2729-2754
    "predictive",
    "adjusted_2017",
    "adjusted_2022",
    "roc",
    "mean_change",
    "mean_difference",
    "half_sd",
    "fifth_sd",
    "sem",
    "mdc95",
    "srm",
    "effect_size",
)

ASSUMED_ICC = 0.9  # usual for disability and pain scales; a setting, and every figure that rests on it says so


@dataclass(frozen=True, slots=True)
class McidResult:
    """Estimates in their order of reading, the anchor's fitness, and what stands behind ROC and model."""

    estimates: tuple[Estimate, ...]
    anchor: Anchor
    n: int
    n_improved: int
    roc: Roc | None
    model: Predictive | None

    def estimate(self, code: str) -> Estimate:
        """Look an estimate up by its code, one of ``ORDER``."""
        return {each.code: each for each in self.estimates}[code]


def estimate_mcid(
    cohort: Cohort,
    *,
    icc: float = ASSUMED_ICC,
    reliability: float | None = None,
    resampling: Resampling | None = None,
) -> McidResult:
    """Estimate the minimal important change of a cohort by every method.

    ``icc``: test-retest reliability of the scale, 0 to below 1; it goes into SEM and MDC95 and nowhere else.
    ``reliability``: of the anchor, above 0 and at most 1; without it the 2022 adjustment is not estimable. Patients
    without a follow-up or anchor answer count for the spread at baseline only. Raises ``CohortError`` where the
    cohort is empty or a setting makes no sense; what it cannot estimate says why in its note.
    """
    resampling = resampling or Resampling()
    anchored = Anchored(cohort, resampling, reliability)
    anchor = judge_anchor(cohort)
    found = [
        *anchored.estimates(),
        mean_change(cohort),
        mean_difference(cohort),
        *spread_estimates(cohort, icc),
        *ratio_estimates(cohort, resampling.size, resampling.seed),
    ]
    by_code = {each.code: _warned(each, anchor) for each in found}
    return McidResult(
        tuple(by_code[code] for code in ORDER), anchor, anchored.n, anchored.n_improved, anchored.roc, anchored.model
    )


def _warned(estimate: Estimate, anchor: Anchor) -> Estimate:
    """Repeat beside each anchor-based estimate that its anchor is too weak."""
    if anchor.usable or estimate.kind != "anchor" or estimate.value is None:
        return estimate
    return estimate.with_note("Anchor too weakly related to change, or not to be judged: do not rely on it.")
