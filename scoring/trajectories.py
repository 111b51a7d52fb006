"""Trajectories by rule: early, late, relapse, stable or worse, each rule an object with its sentence."""

from dataclasses import dataclass

import numpy as np

from scoring.errors import ModelError, RuleError
from scoring.proportions import wilson
from scoring.responder import YES, Rule
from scoring.types import BoolArray, FloatArray, TextArray

TRAJECTORY_VERSION = "trajectory-1"
CLASSES = ("worse", "relapse", "early", "late", "stable")


@dataclass(frozen=True, slots=True)
class TrajectoryClass:
    """One class and the sentence that defines it; of several that fit, the first in ``CLASSES`` holds."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class TrajectoryRules:
    """What the classes are made of.

    ``improvement``: the rule that says better. ``worsening``: the rule that says worse, on the same scale.
    ``timepoints``: the k follow-ups in order. ``early``: those at which a patient who is better is early.
    The last timepoint is where the outcome is read.
    """

    improvement: Rule
    worsening: Rule
    timepoints: tuple[str, ...]
    early: tuple[str, ...]
    version: str = TRAJECTORY_VERSION

    def __post_init__(self) -> None:
        if self.improvement.worsening or not self.worsening.worsening:
            raise RuleError("A trajectory needs a rule for better (>= or >) and one for worse (<= or <).")
        if self.improvement.scale != self.worsening.scale:
            raise RuleError(f"Better is about {self.improvement.scale} and worse about {self.worsening.scale}.")
        if len(set(self.timepoints)) != len(self.timepoints) or len(self.timepoints) < 2:
            raise RuleError("A trajectory needs two follow-ups or more, each named once.")
        unknown = [each for each in self.early if each not in self.timepoints[:-1]]
        if unknown or not self.early:
            raise RuleError(
                f"Early timepoints are one or more of {', '.join(self.timepoints[:-1])}"
                f"{', not ' + ', '.join(unknown) if unknown else ''}."
            )

    @property
    def classes(self) -> tuple[TrajectoryClass, ...]:
        """The rules in the order in which they are tried."""
        better, worse, last = self.improvement.text, self.worsening.text, self.timepoints[-1]
        early, before = ", ".join(self.early), ", ".join(self.timepoints[:-1])
        return (
            TrajectoryClass("worse", f"{worse} at {last}"),
            TrajectoryClass("relapse", f"{better} at one or more of {before}, but not at {last}"),
            TrajectoryClass("early", f"{better} at one or more of {early}, and at {last}"),
            TrajectoryClass("late", f"{better} at {last}, and at none of {early}"),
            TrajectoryClass("stable", f"{better} at no follow-up, and not {worse} at {last}"),
        )


@dataclass(frozen=True, slots=True)
class Trajectories:
    """Class of each of n patients, "" where not evaluable, and the ``reason`` why, "" where evaluable."""

    classes: TextArray
    reason: TextArray


@dataclass(frozen=True, slots=True)
class Share:
    """Patients of one class among the evaluable, with the Wilson interval; nothing where nobody is evaluable."""

    code: str
    k: int
    n: int
    rate: float | None
    interval: tuple[float, float] | None


def trajectories(rules: TrajectoryRules, baseline: FloatArray, later: FloatArray) -> Trajectories:
    """Classify n patients by their scores.

    ``baseline``: shape (n,); ``later``: shape (n, k), a column per timepoint; NaN where unanswered. Not evaluable:
    without a baseline, where the scale leaves no room for the improvement, without the last follow-up, and who is
    better at the last follow-up without any early answer (early and late cannot be told apart), or never seen better
    but not seen before the last (relapse cannot be told from stable).
    """
    if later.shape != (len(baseline), len(rules.timepoints)):
        raise ModelError(f"{len(rules.timepoints)} follow-ups of {len(baseline)} patients do not fit {later.shape}.")
    judged = [rules.improvement.classify(baseline, column) for column in later.T]
    met = np.stack([each.status == YES for each in judged], axis=1)
    last_worse = rules.worsening.classify(baseline, later[:, -1]).status == YES
    reason = _reasons(rules, judged[-1].reason, later, met, last_worse)
    evaluable = reason == ""
    early = met[:, _places(rules)].any(axis=1)
    before, last = met[:, :-1].any(axis=1), met[:, -1]
    fits = [last_worse, before & ~last, early & last, last]
    classes = np.select(fits, CLASSES[:-1], CLASSES[-1])
    return Trajectories(np.where(evaluable, classes, ""), reason)


def _places(rules: TrajectoryRules) -> list[int]:
    return [rules.timepoints.index(each) for each in rules.early]


def _reasons(
    rules: TrajectoryRules, last: TextArray, later: FloatArray, met: BoolArray, last_worse: BoolArray
) -> TextArray:
    """Why a patient cannot be classified; the last follow-up's own reason comes first."""
    seen = np.isfinite(later)
    no_early = met[:, -1] & ~seen[:, _places(rules)].any(axis=1)
    only_last = ~met[:, -1] & ~last_worse & ~seen[:, :-1].any(axis=1)
    return np.select([last != "", no_early, only_last], [last, "no_early_follow_up", "no_earlier_follow_up"], "")


def shares(found: Trajectories, level: float = 0.95) -> tuple[Share, ...]:
    """Share of each class among the evaluable; a class nobody is in shows its upper limit."""
    n = int((found.classes != "").sum())
    counts = [int((found.classes == code).sum()) for code in CLASSES]
    return tuple(
        Share(code, k, n, k / n if n else None, wilson(k, n, level)) for code, k in zip(CLASSES, counts, strict=True)
    )


def not_evaluable(found: Trajectories) -> dict[str, int]:
    """Patients by the reason why they have no class."""
    codes, counts = np.unique(found.reason[found.reason != ""], return_counts=True)
    return dict(zip(codes.tolist(), counts.tolist(), strict=True))
