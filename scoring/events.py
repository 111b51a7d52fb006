"""Verdicts after an intercurrent event: who is better after a fusion is not a success of the injection."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from scoring.endpoint import EVENTS, Endpoint, Event, Strategy
from scoring.errors import RuleError, ScoringError
from scoring.missing import Method, carry_forward, settle_by
from scoring.responders import ArmScores
from scoring.types import BoolArray, FloatArray
from scoring.verdict import NO, YES, Reason, ResponderResult, Status


@dataclass(frozen=True, slots=True)
class EventRecord:
    """What happened to n patients between baseline and the follow-up.

    ``happened``: shape (n,) for each event, 1 yes, 0 no, NaN not asked: not asked is not "no". An event that is not
    named was asked of nobody. ``before``: shape (n,), the last score before the first event, NaN where there is none.
    """

    happened: Mapping[Event, FloatArray]
    before: FloatArray

    def __post_init__(self) -> None:
        for event, column in self.happened.items():
            if event not in EVENTS:
                raise ScoringError(f"{event!r} is no event. Known: {', '.join(EVENTS)}.")
            if len(column) != len(self.before):
                raise ScoringError(f"{event} has {len(column)} records for {len(self.before)} patients.")
            if not np.isin(column[np.isfinite(column)], (0, 1)).all() or np.isinf(column).any():
                raise ScoringError(f"{event} is 1 (yes), 0 (no) or missing (not asked).")

    def not_asked(self, event: Event) -> BoolArray:
        """Of whom nothing is known about an event, shape (n,)."""
        unknown: BoolArray = np.isnan(self.happened.get(event, np.full(len(self.before), np.nan)))
        return unknown

    def under(self, endpoint: Endpoint, strategy: Strategy) -> BoolArray:
        """Who had an event to which the endpoint answers with this strategy, shape (n,)."""
        had = np.zeros(len(self.before), dtype=np.bool_)
        for event, column in self.happened.items():
            had |= (column == 1) & (endpoint.strategy(event) == strategy)
        return had


def judge_endpoint(endpoint: Endpoint, scores: ArmScores, record: EventRecord, reference: str) -> ResponderResult:
    """Judge n patients by an endpoint: events first, then the rule, then the missing.

    Composite outranks *while on treatment*, which outranks *treatment policy*. Composite turns a patient with the
    event into a failure, with or without follow-up: "no", and "yes" for a rule on worsening; who has no usable baseline
    stays not evaluable. *While on treatment* reads the last score before the event and nothing after it. Raises
    RuleError for multiple imputation, which gives no single verdict.
    """
    if endpoint.missing == "multiple_imputation":
        raise RuleError("Multiple imputation gives no single verdict; it has an analysis of its own.")
    kept = before_events(endpoint, scores, record)
    later = kept.follow_up
    if endpoint.missing == "locf":
        later = carry_forward(kept.baseline, kept.between, later)
    judged = endpoint.rule.classify(scores.baseline, later)
    failed = composite(judged, record.under(endpoint, "composite"), worsening=endpoint.rule.worsening)
    return _settle(endpoint, failed, endpoint.missing, scores.arm != reference)


def before_events(endpoint: Endpoint, scores: ArmScores, record: EventRecord) -> ArmScores:
    """Scores as *while on treatment* reads them: the last before the event, and nothing after it."""
    if len(record.before) != len(scores.arm):
        raise ScoringError(f"{len(record.before)} records of events do not fit {len(scores.arm)} patients.")
    stopped = record.under(endpoint, "while_on_treatment")
    later = np.where(stopped, record.before, scores.follow_up)
    return replace(scores, follow_up=later, between=np.where(stopped[:, None], np.nan, scores.between))


def _settle(endpoint: Endpoint, judged: ResponderResult, method: Method, treated: BoolArray) -> ResponderResult:
    return settle_by(judged, method, treated, worsening=endpoint.rule.worsening)


def composite(judged: ResponderResult, had: BoolArray, *, worsening: bool) -> ResponderResult:
    """Turn whoever had the event, shape (n,), into a failure; who has no usable baseline stays not evaluable."""
    usable = np.isin(judged.reason, (Reason.NONE.value, Reason.NO_FOLLOW_UP.value))
    failure: Status = YES if worsening else NO
    status = np.where(had & usable, failure.value, judged.status)
    return ResponderResult(status, np.where(had & usable, Reason.NONE.value, judged.reason))
