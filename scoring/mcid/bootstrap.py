"""Percentile intervals of the anchor-based estimates, from resamples of patients."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from scoring.errors import CohortError
from scoring.mcid.cohort import Cohort
from scoring.mcid.estimate import Interval
from scoring.mcid.predictive import fit
from scoring.mcid.roc import youden_cuts
from scoring.mcid.tally import Tally, resampled
from scoring.types import FloatArray

_FEWEST = 0.9  # of the resamples must be estimable, or there is no interval
_MOST = 1_000_000


def _silent(_: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Resampling:
    """``size`` resamples of patients drawn with ``seed``; ``done`` hears how many are finished."""

    size: int = 2000
    seed: int = 12345
    done: Callable[[int], None] = field(default=_silent, compare=False)

    def __post_init__(self) -> None:
        if not 100 <= self.size <= _MOST:
            raise CohortError(f"A bootstrap takes 100 to {_MOST:,} resamples, not {self.size:,}.")
        if self.seed < 0:
            raise CohortError(f"A seed is a whole number from 0 up, not {self.seed}.")


@dataclass(frozen=True, slots=True)
class Percentiles:
    """A percentile interval, None with a ``note`` where too few resamples could be estimated."""

    interval: Interval | None
    note: str


def bootstrap(cohort: Cohort, resampling: Resampling, reliability: float | None) -> Mapping[str, Percentiles]:
    """Percentile intervals (95 %) of the ROC cut and the predictive estimates, by code.

    Patients with both scores and the anchor are drawn with replacement, improved or not, so that the proportion
    improved varies as well.
    """
    parts: dict[str, list[FloatArray]] = {}
    for counted in resampled(cohort.change, cohort.is_improved, resampling.size, resampling.seed, resampling.done):
        for code, values in _estimates(counted, reliability).items():
            parts.setdefault(code, []).append(values)
    return {code: _percentiles(np.concatenate(values)) for code, values in parts.items()}


def _estimates(counted: Tally, reliability: float | None) -> dict[str, FloatArray]:
    model = fit(counted)
    found = {"roc": youden_cuts(counted), "predictive": model.mic, "adjusted_2017": model.adjusted_2017}
    return found | ({} if reliability is None else {"adjusted_2022": model.adjusted_2022(reliability)})


def _percentiles(values: FloatArray) -> Percentiles:
    present = values[np.isfinite(values)]
    lost = len(values) - len(present)
    note = f"{lost:,} of {len(values):,} resamples could not be estimated." if lost else ""
    if len(present) < _FEWEST * len(values):
        return Percentiles(None, f"No interval: {note}")
    low, high = np.percentile(present, [2.5, 97.5])
    return Percentiles((float(low), float(high)), note)
