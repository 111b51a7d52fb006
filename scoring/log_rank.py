"""The log-rank test of two or more survival curves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from scoring.errors import ModelError
from scoring.types import BoolArray, FloatArray

_FEWEST = 2  # patients in an arm, below which no test is given


@dataclass(frozen=True, slots=True)
class LogRank:
    """Chi-square with its degrees of freedom, or the ``note`` that says why there is none.

    ``observed`` and ``expected``: events by arm if all arms had the same curve.
    """

    chi2: float | None
    df: int
    p: float | None
    observed: dict[str, int]
    expected: dict[str, float]
    note: str = ""


def log_rank(time: FloatArray, event: BoolArray, arm: Sequence[str]) -> LogRank:
    """Compare the arms' curves over the whole follow-up, all times weighing the same.

    ``time`` and ``event`` as for ``kaplan_meier``, ``arm``: n names. One arm, an arm of one patient or a cohort
    without events gives a result that says so. Source: Mantel, Cancer Chemother Rep 1966;50:163-170.
    """
    if not len(time) == len(event) == len(arm):
        raise ModelError("Times, events and arms are not of the same patients.")
    names = sorted(set(arm))
    member = np.asarray(arm)[:, None] == np.array(names, dtype=np.str_)
    observed = (member & event[:, None]).sum(axis=0)
    expected, variance = _moments(time, event, member)
    counts = dict(zip(names, observed.tolist(), strict=True))
    means = dict(zip(names, expected.tolist(), strict=True))
    reason = _why_not(names, member.sum(axis=0).tolist(), int(event.sum()))
    if not reason and np.linalg.matrix_rank(variance) < len(names) - 1:
        reason = "the arms were never at risk at the same time"
    if reason:
        return LogRank(None, max(len(names) - 1, 0), None, counts, means, f"not estimable, because {reason}")
    gap = (observed - expected)[1:]
    statistic = float(gap @ np.linalg.solve(variance[1:, 1:], gap))
    df = len(names) - 1
    return LogRank(statistic, df, float(chdtrc(df, max(statistic, 0.0))), counts, means)


def _why_not(names: Sequence[str], sizes: Sequence[int], events: int) -> str:
    if len(names) < 2:
        return "there is one arm only"
    for name, size in zip(names, sizes, strict=True):
        if size < _FEWEST:
            return f"{name} has {size} patient only"
    return "" if events else "nobody had the event"


def _moments(time: FloatArray, event: BoolArray, member: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Expected events by arm and their hypergeometric covariance, summed over the event times."""
    expected = np.zeros(member.shape[1])
    variance = np.zeros((member.shape[1], member.shape[1]))
    for at in np.unique(time[event]):
        at_risk = member[time >= at].sum(axis=0)
        fell, total = int((event & (time == at)).sum()), int(at_risk.sum())
        share = at_risk / total
        expected += fell * share
        if total > 1:
            variance += fell * (total - fell) / (total - 1) * (np.diag(share) - np.outer(share, share))
    return expected, variance
