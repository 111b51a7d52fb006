"""Whether one patient got worse by as much as counts, on one scale and with a threshold of its own."""

from dataclasses import dataclass

from scoring.change import signed_change
from scoring.errors import RuleError
from scoring.individual import Amount
from scoring.instrument import Scale, find_scale
from scoring.types import BoolArray, FloatArray

_SNAP = 1e-9  # nearer than this to the threshold is on it, as in a responder rule


@dataclass(frozen=True, slots=True)
class Deterioration:
    """``worse``: the amount of worsening that counts, as ``worse`` of ``IndividualChange``; never the MIC turned round.

    Raises RuleError for a scale neither end of which is better, and for an amount beyond the scale's range.
    """

    scale: str
    worse: Amount

    def __post_init__(self) -> None:
        scale = self._find()
        if scale.direction == "none":
            raise RuleError(f"{scale.code} has no better end, so nobody gets worse on it.")
        if float(self.worse.value) > scale.maximum - scale.minimum:
            raise RuleError(f"Nobody can change by {self.worse.value} on {scale.code}.")

    @property
    def text(self) -> str:
        """The rule as it is kept with what it found."""
        return f"{self.scale} worse by >= {self.worse.value} ({self.worse.source})"

    def met(self, baseline: FloatArray, follow_up: FloatArray) -> BoolArray:
        """Who is worse by the amount or more, of n patients by scores of shape (n,); a missing score is never worse.

        >>> import numpy as np
        >>> from decimal import Decimal
        >>> rule = Deterioration("odi", Amount(Decimal(18), "Parai et al. 2020"))
        >>> rule.met(np.array([20.0, 20.0, np.nan]), np.array([38.0, 36.0, 90.0])).tolist()
        [True, False, False]
        """
        change = signed_change(self._find(), baseline, follow_up)
        met: BoolArray = change <= _SNAP - float(self.worse.value)
        return met

    def _find(self) -> Scale:
        return find_scale(self.scale)
