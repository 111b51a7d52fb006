"""What a mixed model gives: means, differences and the residual covariance."""

from dataclasses import dataclass

from scoring.mixed.effects import Effect
from scoring.types import FloatArray

MIXED_VERSION = "mixed-1"


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
