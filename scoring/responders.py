"""Responder analysis: arms by one rule under every missing-data method."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scoring.errors import ScoringError
from scoring.instrument import find_scale
from scoring.missing import METHODS, Method, carry_forward, settle_by
from scoring.responder import Rule
from scoring.two_arms import Proportion, TwoArms, compare
from scoring.types import BoolArray, FloatArray, TextArray
from scoring.verdict import Reason, ResponderResult


@dataclass(frozen=True, slots=True)
class ArmScores:
    """One row per patient: ``arm`` of shape (n,), scores of shape (n,), NaN where missing.

    ``between``: shape (n, k), the visits between baseline and follow-up in order of time, for the last
    observation carried forward; k may be 0.
    """

    arm: TextArray
    baseline: FloatArray
    follow_up: FloatArray
    between: FloatArray

    def __post_init__(self) -> None:
        lengths = {len(self.arm), len(self.baseline), len(self.follow_up), len(self.between)}
        if len(lengths) != 1:
            raise ScoringError(f"Arm, baseline, follow-up and visits between differ in length: {sorted(lengths)}.")
        if not len(self.arm):
            raise ScoringError("There is no patient to analyse.")
        if (self.arm == "").any():
            raise ScoringError(f"Patient {int(np.argmax(self.arm == '')) + 1} has no arm.")
        if any(np.isinf(values).any() for values in (self.baseline, self.follow_up, self.between)):
            raise ScoringError("A score is infinite.")

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms there are, in alphabetical order."""
        return tuple(sorted(set(self.arm.tolist())))


@dataclass(frozen=True, slots=True)
class Denominators:
    """What became of one arm's patients before any imputation; they add up to ``patients``."""

    patients: int
    no_baseline: int
    below_minimum_baseline: int
    unattainable: int
    no_follow_up: int
    evaluable: int
    responders: int


@dataclass(frozen=True, slots=True)
class MethodResult:
    """All arms under one missing-data method, and each against the reference."""

    method: Method
    arms: Mapping[str, Proportion]
    comparisons: Mapping[str, TwoArms]


@dataclass(frozen=True, slots=True)
class ResponderAnalysis:
    """The analysis of one rule; ``comparisons`` are each arm minus ``reference``."""

    rule: str
    reference: str
    denominators: Mapping[str, Denominators]
    methods: Mapping[Method, MethodResult]


def analyse(scores: ArmScores, rule: Rule, reference: str, methods: Sequence[Method] = METHODS) -> ResponderAnalysis:
    """Judge every patient by ``rule`` and compare each arm with ``reference`` under each method.

    With more than two arms each is compared with the one reference, without adjustment for the number of
    comparisons; the worst and best case then take every other arm as treated. An arm of one patient is analysed; an
    arm that nobody can be judged in is "not estimable". Raises ScoringError where the reference is no arm or the
    only one, or a score lies outside its scale.
    """
    check_scores(scores, rule)
    if reference not in scores.arms:
        raise ScoringError(f"There is no arm {reference!r}. Arms: {', '.join(scores.arms)}.")
    if len(scores.arms) < 2:
        raise ScoringError(f"There is one arm only, {reference!r}: a comparison needs two or more.")
    found = {method: _by_method(scores, rule, reference, method) for method in methods}
    return ResponderAnalysis(rule.text, reference, denominators(scores, rule), found)


def check_scores(scores: ArmScores, rule: Rule) -> None:
    """Raise ScoringError at a score outside the scale of the rule."""
    scale = find_scale(rule.scale)
    for name, values in (("baseline", scores.baseline), ("between", scores.between), ("follow-up", scores.follow_up)):
        wrong = values[(values < scale.minimum) | (values > scale.maximum)]
        if len(wrong):
            limits = f"{scale.code} runs from {scale.minimum:g} to {scale.maximum:g}"
            raise ScoringError(f"A score of {wrong[0]:g} ({name}) is outside the scale: {limits}.")


def judge(scores: ArmScores, rule: Rule, treated: BoolArray, method: Method) -> ResponderResult:
    """Judge n patients under one method; ``treated``: shape (n,), for the worst and best case."""
    later = scores.follow_up
    if method == "locf":
        later = carry_forward(scores.baseline, scores.between, later)
    return settle_by(rule.classify(scores.baseline, later), method, treated, worsening=rule.worsening)


def denominators(scores: ArmScores, rule: Rule) -> dict[str, Denominators]:
    """Count evaluable and not evaluable patients by arm, reasons kept apart, nothing imputed."""
    result = rule.classify(scores.baseline, scores.follow_up)
    return {arm: _count(of_patients(result, scores.arm == arm)) for arm in scores.arms}


def of_patients(result: ResponderResult, chosen: BoolArray) -> ResponderResult:
    """The same verdicts for the chosen patients only."""
    return ResponderResult(result.status[chosen], result.reason[chosen])


def proportion(result: ResponderResult, chosen: BoolArray) -> Proportion:
    """Responders of the evaluable among the chosen patients."""
    own = of_patients(result, chosen)
    return Proportion(own.responders, own.evaluable)


def _by_method(scores: ArmScores, rule: Rule, reference: str, method: Method) -> MethodResult:
    result = judge(scores, rule, scores.arm != reference, method)
    arms = {arm: proportion(result, scores.arm == arm) for arm in scores.arms}
    compared = {arm: compare(own, arms[reference]) for arm, own in arms.items() if arm != reference}
    return MethodResult(method, arms, compared)


def _count(result: ResponderResult) -> Denominators:
    return Denominators(
        patients=len(result.status),
        no_baseline=result.count(Reason.NO_BASELINE),
        below_minimum_baseline=result.count(Reason.BELOW_MINIMUM_BASELINE),
        unattainable=result.count(Reason.UNATTAINABLE),
        no_follow_up=result.count(Reason.NO_FOLLOW_UP),
        evaluable=result.evaluable,
        responders=result.responders,
    )
