"""One patient's change in four states, measurement error kept apart from importance."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import numpy as np

from scoring.change import signed_change
from scoring.errors import RuleError
from scoring.instrument import Scale, Threshold, find_scale
from scoring.types import FloatArray, TextArray

_SNAP = 1e-9  # nearer than this to the threshold is on it, as in a responder rule


class Change(StrEnum):
    """What a patient's change says; ``UNKNOWN`` where a score is missing."""

    BETTER = "better_beyond_measurement_error"
    BETTER_OR_ERROR = "better_may_be_measurement_error"
    UNCLEAR = "no_clear_change"
    WORSE = "worse"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Amount:
    """A positive amount of change in the unit of the scale, with its source."""

    value: Decimal
    source: str

    def __post_init__(self) -> None:
        if not (self.value.is_finite() and self.value > 0):
            raise RuleError(f"{self.value} is no amount of change; a number above 0 is needed.")
        if not self.source.strip():
            raise RuleError("An amount of change needs its source.")

    @classmethod
    def of(cls, threshold: Threshold) -> "Amount":
        """Take a published threshold, refused where it is per cent of baseline."""
        if threshold.unit != "points":
            raise RuleError("A state of individual change is in points, not in per cent of baseline.")
        return cls(Decimal(repr(threshold.value)), threshold.source)


@dataclass(frozen=True, slots=True)
class IndividualChange:
    """The rule of one scale, which tells four states apart.

    ``mic``: minimal important change; ``sdc``: smallest detectable change; ``worse``: the deterioration that
    counts, which has a source of its own and is not the MIC turned round. With d the change, positive improving:
    d >= max(mic, sdc) is better beyond measurement error; mic <= d < sdc better, may be measurement error;
    d <= -worse worse; otherwise no clear change.
    """

    scale: str
    mic: Amount
    sdc: Amount
    worse: Amount

    def __post_init__(self) -> None:
        scale = self._find()
        for amount in (self.mic, self.sdc, self.worse):
            if float(amount.value) > scale.maximum - scale.minimum:
                raise RuleError(f"Nobody can change by {amount.value} on {scale.code}.")

    @property
    def text(self) -> str:
        """The rule as it is printed with a patient's change."""
        named = (("MIC", self.mic), ("SDC", self.sdc), ("worse by", self.worse))
        return f"{self.scale}: " + ", ".join(f"{word} {each.value} ({each.source})" for word, each in named)

    def states(self, baseline: FloatArray, follow_up: FloatArray) -> TextArray:
        """The ``Change`` of n patients by scores of shape (n,), NaN where missing.

        >>> rule = IndividualChange("nrs_back", *(Amount(Decimal(a), "Parai 2020") for a in ("2.7", "3.6", "2.7")))
        >>> rule.states(np.array([8.0, 8.0, 8.0, 5.0]), np.array([4.0, 5.0, 6.0, 8.0])).tolist()[:2]
        ['better_beyond_measurement_error', 'better_may_be_measurement_error']
        """
        change = signed_change(self._find(), baseline, follow_up)
        mic, sdc, worse = (float(amount.value) - _SNAP for amount in (self.mic, self.sdc, self.worse))
        states = {
            Change.UNKNOWN: np.isnan(change),
            Change.BETTER: change >= max(mic, sdc),
            Change.BETTER_OR_ERROR: change >= mic,
            Change.WORSE: change <= -worse,
        }
        found: TextArray = np.select(list(states.values()), [state.value for state in states], Change.UNCLEAR.value)
        return found

    def _find(self) -> Scale:
        return find_scale(self.scale)


def count_states(states: TextArray) -> dict[Change, int]:
    """How many patients are in each state, zeros included."""
    return {state: int(np.count_nonzero(states == state.value)) for state in Change}
