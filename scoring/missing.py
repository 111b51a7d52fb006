"""What to do with patients who have no follow-up. Who is not evaluable for another reason stays so."""

from typing import Literal, get_args

import numpy as np

from scoring.errors import ScoringError
from scoring.types import BoolArray, FloatArray
from scoring.verdict import NO, YES, Reason, ResponderResult, Status

Method = Literal["complete_case", "non_responder", "locf", "worst_case", "best_case"]
METHODS: tuple[Method, ...] = get_args(Method)

METHOD_WORDS: dict[Method, str] = {
    "complete_case": "complete cases: patients without follow-up are left out",
    "non_responder": "no follow-up counts as no",
    "locf": "last observation carried forward, the baseline where there is no other",
    "worst_case": "no follow-up counts against the treated arm and for the reference",
    "best_case": "no follow-up counts for the treated arm and against the reference",
}


def carry_forward(baseline: FloatArray, between: FloatArray, follow_up: FloatArray) -> FloatArray:
    """Follow-up of shape (n,), each gap filled with the patient's last score before it.

    ``between``: shape (n, k), the visits between baseline and follow-up in order of time, k may be 0. A patient
    without any score stays NaN. The method assumes that nothing changed after the last answer.

    >>> carry_forward(np.array([50.0, 40.0]), np.array([[30.0], [np.nan]]), np.array([np.nan, np.nan]))
    array([30., 40.])
    """
    if len(between) != len(baseline):
        raise ScoringError(f"{len(between)} patients between the visits, {len(baseline)} at baseline.")
    last = baseline.astype(np.float64)
    for column in (*between.T, follow_up):
        last = np.where(np.isnan(column), last, column)
    return last


def settle(result: ResponderResult, answers: BoolArray) -> ResponderResult:
    """Give everyone without follow-up the answer in ``answers``, shape (n,): True for yes.

    Only ``no_follow_up`` is settled: no baseline, a baseline below the minimum and an unattainable
    change stay not evaluable.
    """
    gone = result.reason == Reason.NO_FOLLOW_UP.value
    status = np.where(gone, np.where(answers, YES.value, NO.value), result.status)
    return ResponderResult(status, np.where(gone, Reason.NONE.value, result.reason))


def settle_by(result: ResponderResult, method: Method, treated: BoolArray, *, worsening: bool) -> ResponderResult:
    """Apply a method to judged patients; ``treated``: shape (n,), False in the reference arm.

    ``locf`` changes scores, not answers: carry forward first, then judge, and nothing is left to settle. For a
    rule on worsening the worst case is that the missing of the treated arm did get worse. Non-responder imputation
    is "no" for every rule, which favours the patient in a rule on worsening: read it beside the bounds.
    """
    if method in ("complete_case", "locf"):
        return result
    if method == "non_responder":
        return settle(result, np.zeros(len(treated), dtype=np.bool_))
    return settle(result, treated == ((method == "best_case") != worsening))


def answered(result: ResponderResult) -> BoolArray:
    """Which patients are evaluable, shape (n,)."""
    evaluable: BoolArray = np.isin(result.status, (Status.YES.value, Status.NO.value))
    return evaluable
