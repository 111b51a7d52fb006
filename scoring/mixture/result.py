"""What a mixture over time gives: classes, candidates and warnings, as data."""

from dataclasses import dataclass

import numpy as np

from scoring.types import FloatArray, IntArray

MIXTURE_VERSION = "mixture-1"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One number of classes tried. ``bic``: lower is better. ``reached``: finished starts that ended at the best."""

    classes: int
    log_likelihood: float
    parameters: int
    bic: float
    converged: bool
    reached: int


@dataclass(frozen=True, slots=True)
class LatentClass:
    """One class. ``share``: 0 to 1, with its standard error and interval, nothing where they cannot be had.

    ``means``: shape (k,). ``assigned``: patients likelier here than elsewhere; ``certainty``: their mean posterior
    probability, nothing where there are none.
    """

    share: float
    se: float | None
    interval: tuple[float, float] | None
    means: FloatArray
    assigned: int
    certainty: float | None


@dataclass(frozen=True, slots=True)
class Caution:
    """Something to know before believing the classes. ``place``: the class it is about, from 0."""

    code: str
    text: str
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Mixture:
    """The classes, the largest first. ``posterior``: (n, g), NaN for patients without any answer.

    ``covariance``: (k, k), common to the classes. ``candidates``: by number of classes, as tried.
    """

    timepoints: tuple[str, ...]
    n_patients: int
    left_out: int
    classes: tuple[LatentClass, ...]
    posterior: FloatArray
    covariance: FloatArray
    candidates: tuple[Candidate, ...]
    warnings: tuple[Caution, ...]
    seed: int
    level: float
    version: str = MIXTURE_VERSION

    @property
    def assigned(self) -> IntArray:
        """Likeliest class of each patient, from 0, -1 without any answer."""
        known = np.isfinite(self.posterior[:, 0])
        return np.where(known, np.nan_to_num(self.posterior).argmax(axis=1), -1)
