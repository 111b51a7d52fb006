"""Who changed by how much, and what they say of it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np

from scoring.errors import CohortError
from scoring.types import BoolArray, FloatArray

Sign = Literal[1, -1]


@dataclass(frozen=True, slots=True)
class Cohort:
    """n patients with a score before, a score after and an answer to the anchor question.

    ``baseline``, ``follow_up``, ``anchor``: shape (n,), NaN where missing. ``sign``: 1 where a higher score is
    better, -1 where it is worse, so that change is positive where the patient improved. ``improved``: anchor
    answers that count as improved by an important amount; ``slightly``, ``unchanged``: those that say slightly
    improved and unchanged, None where the anchor has no such answer.
    """

    baseline: FloatArray
    follow_up: FloatArray
    anchor: FloatArray
    sign: Sign
    improved: frozenset[float]
    slightly: float | None = None
    unchanged: float | None = None

    def __post_init__(self) -> None:
        lengths = {len(self.baseline), len(self.follow_up), len(self.anchor)}
        if len(lengths) != 1:
            raise CohortError(f"Baseline, follow-up and anchor need equal lengths, found {sorted(lengths)}.")
        if not len(self.baseline):
            raise CohortError("The cohort is empty: there is no patient to estimate from.")
        if any(np.isinf(values).any() for values in (self.baseline, self.follow_up, self.anchor)):
            raise CohortError("A score or an anchor answer is infinite.")
        if not self.improved:
            raise CohortError("Name the anchor answers that count as improved, for instance 1 and 2.")
        for name, answer in (("slightly improved", self.slightly), ("unchanged", self.unchanged)):
            if answer in self.improved:
                raise CohortError(f"Anchor answer {answer:g} cannot mean both improved and {name}.")

    @property
    def every_change(self) -> FloatArray:
        """Change of every patient, NaN where either score is missing; positive improves.

        Rounded at the ninth decimal: scores are ratios of small integers, and equal changes have to compare equal.
        """
        change: FloatArray = np.round(self.sign * (self.follow_up - self.baseline), 9) + 0.0  # no -0
        return change

    @property
    def complete(self) -> BoolArray:
        """Which patients have both scores and the anchor."""
        complete: BoolArray = np.isfinite(self.every_change) & np.isfinite(self.anchor)
        return complete

    @property
    def change(self) -> FloatArray:
        """Change of the complete patients."""
        change: FloatArray = self.every_change[self.complete]
        return change

    @property
    def is_improved(self) -> BoolArray:
        """Which of the complete patients say they improved by an important amount."""
        improved: BoolArray = np.isin(self.anchor[self.complete], list(self.improved))
        return improved

    def change_where(self, answer: float) -> FloatArray:
        """Change of the complete patients who gave this answer to the anchor."""
        change: FloatArray = self.change[self.anchor[self.complete] == answer]
        return change


def answers(values: Collection[float]) -> str:
    """Anchor answers in words.

    >>> answers({2.0, 1.0})
    '1, 2'
    """
    return ", ".join(f"{value:g}" for value in sorted(values))
