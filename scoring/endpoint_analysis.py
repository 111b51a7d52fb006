"""An endpoint applied to a cohort: one result under the one method that the endpoint names."""

from collections.abc import Mapping
from dataclasses import dataclass

from scoring.endpoint import EVENTS, Endpoint, Event
from scoring.errors import ScoringError
from scoring.events import EventRecord, before_events, judge_endpoint
from scoring.imputed_responders import ImputedAnalysis, analyse_imputed
from scoring.responders import ArmScores, check_scores, proportion
from scoring.two_arms import Proportion, TwoArms, compare


@dataclass(frozen=True, slots=True)
class EndpointAnalysis:
    """Arms and comparisons under one endpoint, with its text and hash.

    ``not_asked``: patients of whom an event is not known, by event. ``imputed`` stands in place of ``arms`` and
    ``comparisons``, which are then empty, where the endpoint asks for multiple imputation.
    """

    endpoint: str
    hash: str
    reference: str
    not_asked: Mapping[Event, int]
    arms: Mapping[str, Proportion]
    comparisons: Mapping[str, TwoArms]
    imputed: ImputedAnalysis | None


def analyse_endpoint(
    endpoint: Endpoint,
    scores: ArmScores,
    record: EventRecord,
    reference: str,
    *,
    imputations: int = 20,
    seed: int | None = None,
) -> EndpointAnalysis:
    """Judge a cohort, which is the endpoint's population in its window, and compare each arm with the reference.

    ``seed`` is needed for multiple imputation and used for nothing else. Raises ScoringError where it is missing
    then, where the reference is no arm, or where a score lies outside its scale.
    """
    check_scores(scores, endpoint.rule)
    if reference not in scores.arms:
        raise ScoringError(f"There is no arm {reference!r}. Arms: {', '.join(scores.arms)}.")
    unknown = {event: int(record.not_asked(event).sum()) for event in EVENTS}
    start = (endpoint.text, endpoint.hash, reference, unknown)
    if endpoint.missing == "multiple_imputation":
        return EndpointAnalysis(*start, {}, {}, _imputed(endpoint, scores, record, reference, imputations, seed))
    judged = judge_endpoint(endpoint, scores, record, reference)
    arms = {arm: proportion(judged, scores.arm == arm) for arm in scores.arms}
    compared = {arm: compare(own, arms[reference]) for arm, own in arms.items() if arm != reference}
    return EndpointAnalysis(*start, arms, compared, None)


def _imputed(
    endpoint: Endpoint, scores: ArmScores, record: EventRecord, reference: str, imputations: int, seed: int | None
) -> ImputedAnalysis:
    if seed is None:
        raise ScoringError("Imputation draws at random: name a seed, so that it can be repeated.")
    kept = before_events(endpoint, scores, record)
    failed = record.under(endpoint, "composite")
    return analyse_imputed(kept, endpoint.rule, reference, imputations, seed, failed)
