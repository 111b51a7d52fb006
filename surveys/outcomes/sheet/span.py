"""The time axis that every measure of a sheet shares."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Months from the index date, negative before it; ``given``: when treatments were done."""

    first: float
    last: float
    given: tuple[float, ...]

    @property
    def domain(self) -> list[float]:
        """With room at both ends, more at the end, where the bands are named."""
        room = 0.04 * max(self.last - self.first, 1)
        return [self.first - room, self.last + 3 * room]
