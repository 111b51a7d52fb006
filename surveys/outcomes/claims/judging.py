"""Responders among frozen rows: judged by the claim's endpoint, arm by arm and timepoint by timepoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scoring import consort
from scoring.endpoint import MissingMethod
from scoring.events import composite
from scoring.missing import Method, answered
from scoring.responders import ArmScores, judge, of_patients
from scoring.two_arms import Proportion
from scoring.types import BoolArray
from scoring.verdict import YES, ResponderResult
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.specification import Point, Specification


@dataclass(frozen=True, slots=True)
class Judged:
    """Verdicts of all episodes at one timepoint. ``expected``: those whose answer there should be."""

    standing: consort.Standing
    expected: BoolArray
    verdict: ResponderResult

    @property
    def evaluable(self) -> BoolArray:
        """Expected, and a responder or not."""
        return self.expected & answered(self.verdict)

    @property
    def responded(self) -> BoolArray:
        """Expected, and a responder."""
        met: BoolArray = self.expected & (self.verdict.status == YES.value)
        return met

    def share(self, chosen: BoolArray) -> Proportion:
        """Responders of the evaluable among the chosen."""
        return Proportion(int((chosen & self.responded).sum()), int((chosen & self.evaluable).sum()))

    def among_expected(self) -> ResponderResult:
        """The verdicts of the expected alone."""
        return of_patients(self.verdict, self.expected)


def scores(specification: Specification, frame: Frame, point: Point) -> ArmScores:
    """Baseline, follow-up and what lies between, of everyone."""
    scale = specification.judged_by.rule.scale
    codes = [each.code for each in specification.follow_ups]
    earlier = [frame.value(code, scale) for code in codes[: codes.index(point.code)]]
    between = np.column_stack(earlier) if earlier else np.empty((frame.size, 0))
    baseline = frame.value(specification.baseline.code, scale)
    return ArmScores(frame.arm, baseline, frame.value(point.code, scale), between)


def observed(missing: MissingMethod) -> Method:
    """How single patients are judged; where scores are imputed, rates are pooled and patients stay as observed."""
    return "complete_case" if missing == "multiple_imputation" else missing


def judged_at(
    specification: Specification,
    frame: Frame,
    point: Point,
    *,
    missing: Method | None = None,
    failed_by_surgery: bool | None = None,
) -> Judged:
    """Judge by the endpoint at a timepoint; ``missing`` and ``failed_by_surgery`` replace what it says of them."""
    endpoint = specification.judged_by
    method = missing or observed(endpoint.missing)
    verdict = judge(scores(specification, frame, point), endpoint.rule, frame.arm != specification.reference, method)
    failing = endpoint.strategy("surgery") == "composite" if failed_by_surgery is None else failed_by_surgery
    if failing:
        verdict = composite(verdict, frame.has(point.code, "operated"), worsening=endpoint.rule.worsening)
    return of_standing(frame, point, endpoint.rule.scale, verdict)


def of_standing(frame: Frame, point: Point, scale: str, verdict: ResponderResult) -> Judged:
    """Verdicts with where everyone stands at the timepoint."""
    read = frame.reading(point.code, scale)
    standing = frame.standing(point.code, read.answered, read.late)
    return Judged(standing, consort.expected(standing), verdict)


def flows(frame: Frame, found: Judged) -> Mapping[str, consort.ArmFlow]:
    """The denominators by arm; an arm that nobody is in has none."""
    if not frame.size:
        return {}
    return {each.arm: each for each in consort.flow(frame.arm, found.standing, found.verdict)}
