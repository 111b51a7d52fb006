"""One estimate with all that has to stand beside it."""

from dataclasses import dataclass, replace
from typing import Literal

Interval = tuple[float, float]
Kind = Literal["anchor", "distribution"]

NOT_ESTIMABLE = "not estimable, because "


@dataclass(frozen=True, slots=True)
class Estimate:
    """``value`` and ``interval`` (95 %) in the scale's unit unless ``method`` says otherwise.

    ``kind`` "distribution" measures error or spread, not importance. Where ``value`` is None, ``note`` says why.
    """

    code: str
    value: float | None
    interval: Interval | None
    n: int
    method: str
    citation: str
    kind: Kind = "anchor"
    note: str = ""

    def with_note(self, note: str) -> "Estimate":
        """Add a sentence to the note."""
        return replace(self, note=f"{self.note} {note}".strip())

    def refused(self, reason: str) -> "Estimate":
        """Give the same estimate without a value, and why."""
        return replace(self, value=None, interval=None, note=f"{NOT_ESTIMABLE}{reason}.")
