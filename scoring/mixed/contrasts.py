"""Means, differences between arms and the slope of the baseline, read off a fit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoring.mixed.cohort import Cohort
from scoring.mixed.effects import Effect, effect, not_estimable
from scoring.mixed.reml import Fit
from scoring.mixed.result import Difference, Mean
from scoring.types import FloatArray, IntArray

_FEWEST = 2  # patients of an arm at a timepoint, below which its difference is not given


@dataclass(frozen=True, slots=True)
class Contrasts:
    """Reads means, differences and the slope off a fit."""

    fit: Fit
    cohort: Cohort
    names: Sequence[str]
    level: float

    def _weights(self, arm: int, place: int) -> FloatArray:
        weights = np.zeros(len(self.fit.point.beta))
        weights[self.cohort.cells[arm, place]] = 1
        return weights

    def slope(self) -> Effect | None:
        """Change per point of baseline, nothing where none was given."""
        if self.cohort.baseline is None:
            return None
        return effect(self.fit, np.eye(len(self.fit.point.beta))[-1], self.level)

    def _place(self, seen: IntArray, column: int) -> int | None:
        return int(np.searchsorted(seen, column)) if column in seen else None

    def means(self, timepoints: Sequence[str], seen: IntArray) -> list[Mean]:
        """Mean of each arm at each timepoint; ``seen``: which of them were answered."""
        return [
            self._mean(arm, name, self._place(seen, column))
            for arm in range(len(self.names))
            for column, name in enumerate(timepoints)
        ]

    def _mean(self, arm: int, timepoint: str, place: int | None) -> Mean:
        n = 0 if place is None else int(self.cohort.counts[arm, place])
        if place is None or n == 0:
            return Mean(self.names[arm], timepoint, 0, not_estimable("nobody answered"))
        return Mean(self.names[arm], timepoint, n, effect(self.fit, self._weights(arm, place), self.level))

    def differences(self, timepoints: Sequence[str], seen: IntArray, reference: str) -> list[Difference]:
        """Each arm minus the reference at each timepoint."""
        base = self.names.index(reference)
        others = [arm for arm in range(len(self.names)) if arm != base]
        if not others:
            alone = not_estimable(f"there is one arm only, {reference}")
            return [Difference(reference, reference, name, alone) for name in timepoints]
        return [
            Difference(self.names[arm], reference, name, self._difference(arm, base, self._place(seen, column)))
            for arm in others
            for column, name in enumerate(timepoints)
        ]

    def _difference(self, arm: int, base: int, place: int | None) -> Effect:
        if place is None:
            return not_estimable("nobody answered at this timepoint")
        for each in (arm, base):
            n = int(self.cohort.counts[each, place])
            if n < _FEWEST:
                return not_estimable(f"{self.names[each]} has {n} answer{'s' * (n != 1)} at this timepoint")
        return effect(self.fit, self._weights(arm, place) - self._weights(base, place), self.level)
