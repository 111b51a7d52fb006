"""What every part of ``responders`` works with."""

from dataclasses import dataclass

import numpy as np

from scoring.commands.frame import Columns, Section
from scoring.errors import ScoringError
from scoring.missing import answered
from scoring.responder import Rule
from scoring.responders import ArmScores
from scoring.types import BoolArray, FloatArray
from scoring.verdict import YES, ResponderResult

Answer = tuple[dict[str, object], list[Section]]  # a part of the JSON document, and tables


@dataclass(frozen=True, slots=True)
class Question:
    """Who is judged by which rule against which arm."""

    scores: ArmScores
    rule: Rule
    reference: str

    @property
    def others(self) -> tuple[str, ...]:
        """The arms that are compared with the reference."""
        return tuple(arm for arm in self.scores.arms if arm != self.reference)

    def judged(self) -> ResponderResult:
        """Verdicts with nothing imputed."""
        return self.rule.classify(self.scores.baseline, self.scores.follow_up)

    def answers(self) -> tuple[BoolArray, BoolArray]:
        """Who is evaluable and who responded, each of shape (n,)."""
        result = self.judged()
        return answered(result), result.status == YES.value


def split_cuts(text: str) -> tuple[str, list[float]]:
    """``age:50,65`` as the column and its cuts; no cuts for a category."""
    name, colon, cuts = text.partition(":")
    try:
        return name, [float(each) for each in cuts.split(",")] if colon else []
    except ValueError as error:
        raise ScoringError(f"{text!r} has no numbers after the colon. A subgroup reads like age:50,65.") from error


def yes_or_no(columns: Columns, name: str) -> FloatArray:
    """A column of 1 (yes), 0 (no) and NaN (empty); anything else is refused with its place."""
    values = columns.numbers[name]
    wrong = np.isfinite(values) & ~np.isin(values, (0, 1))
    if wrong.any():
        at = int(wrong.argmax())
        raise columns.error(at, name, f"{values[at]:g} is neither 1 (yes) nor 0 (no). Correct it or leave it empty.")
    return values
