"""Whether the anchor question is fit to judge the change."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from scoring.mcid.cohort import Cohort
from scoring.types import FloatArray

USABLE, BETTER = 0.3, 0.5


@dataclass(frozen=True, slots=True)
class Anchor:
    """Correlations of the anchor as it is coded, -1 to 1, None where one of the two has no spread.

    ``r``: Spearman, with change; usable from 0.3, better from 0.5, in either direction. ``r_baseline`` and
    ``r_follow_up``: Spearman, with the two scores: an anchor that follows the score at follow-up rather than the
    change tells of the present state (Guyatt et al. J Clin Epidemiol 2002;55:900-908). Source of the limits: Revicki
    et al. J Clin Epidemiol 2008;61:102-109; Terwee et al. Qual Life Res 2021;30:2729-2754.
    """

    n: int
    r: float | None
    pearson: float | None
    r_baseline: float | None
    r_follow_up: float | None

    @property
    def usable(self) -> bool:
        """Whether the anchor is related to change closely enough."""
        return self.r is not None and abs(self.r) >= USABLE

    @property
    def note(self) -> str:
        """What a reader of the estimates has to be told."""
        if self.r is None:
            return "The anchor cannot be judged: it, or the change, is the same for every patient."
        words = [f"Anchor and change correlate at {self.r:.2f} (Spearman): {self._verdict(abs(self.r))}."]
        if self.r_follow_up is not None and abs(self.r_follow_up) >= abs(self.r):
            words.append("The anchor follows the score at follow-up at least as closely as the change: present state.")
        return " ".join(words)

    def _verdict(self, size: float) -> str:
        if size < USABLE:
            return f"too weak an anchor, below {USABLE}; do not rely on the anchor-based estimates"
        return f"usable, though below {BETTER}" if size < BETTER else "usable"


def correlation(one: FloatArray, other: FloatArray) -> float | None:
    """Pearson's correlation of n pairs; None where either has no spread or n is below 3.

    >>> correlation(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 1.0])) is None
    True
    """
    if len(one) < 3 or not np.ptp(one) or not np.ptp(other):
        return None
    return float(np.corrcoef(one, other)[0, 1])


def judge_anchor(cohort: Cohort) -> Anchor:
    """Correlate the anchor with change, baseline and follow-up over the complete patients."""
    complete = cohort.complete
    anchor = cohort.anchor[complete]
    ranks = rankdata(anchor)

    def spearman(values: FloatArray) -> float | None:
        return correlation(rankdata(values), ranks)

    return Anchor(
        n=len(anchor),
        r=spearman(cohort.change),
        pearson=correlation(cohort.change, anchor),
        r_baseline=spearman(cohort.baseline[complete]),
        r_follow_up=spearman(cohort.follow_up[complete]),
    )
