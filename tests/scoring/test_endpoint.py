"""Endpoints: text and hash, events by strategy, denominators, and the two views over time."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.consort import Standing, flow
from scoring.endpoint import EVENTS, EXAMPLE, MISSING_METHODS, POPULATIONS, Endpoint
from scoring.endpoint_analysis import analyse_endpoint
from scoring.errors import RuleError, ScoringError
from scoring.events import EventRecord, judge_endpoint
from scoring.over_time import two_views
from scoring.responder import Rule
from scoring.responders import ArmScores
from scoring.verdict import ResponderResult

NAN = float("nan")
ENDPOINT = Endpoint.parse(EXAMPLE)


@settings(deadline=None)
@given(
    population=st.sampled_from(list(POPULATIONS)),
    missing=st.sampled_from(MISSING_METHODS),
    window=st.tuples(st.integers(0, 365), st.integers(0, 365)),
    surgery=st.sampled_from(["treatment_policy", "composite", "while_on_treatment"]),
    rule=st.sampled_from(["odi change >= 30% with baseline >= 20", "eq5d3l_index[UK_TTO] change >= 0.08"]),
)
def test_an_endpoint_survives_being_printed_and_read(
    population: str, missing: str, window: tuple[int, int], surgery: str, rule: str
) -> None:
    events = ", ".join(f"{event} {surgery if event == 'surgery' else 'composite'}" for event in EVENTS)
    words = f"population {population}, missing {missing}, {events}"
    text = f"{rule} at m12, window -{window[0]} to +{window[1]} days, {words}"
    endpoint = Endpoint.parse(text)
    assert (endpoint.text, endpoint.hash) == (text, Endpoint.parse(endpoint.text).hash)


def test_the_hash_tells_endpoints_apart_and_equal_ones_together() -> None:
    reordered = replace(ENDPOINT, strategies=tuple(reversed(ENDPOINT.strategies)))
    assert (reordered.text, reordered.hash) == (ENDPOINT.text, ENDPOINT.hash)
    changed = [
        replace(ENDPOINT, rule=Rule.parse("odi change > 10")),
        replace(ENDPOINT, timepoint="m6"),
        replace(ENDPOINT, window=(30, 61)),
        replace(ENDPOINT, population="enrolled"),
        replace(ENDPOINT, missing="locf"),
        ENDPOINT.with_strategies({"surgery": "treatment_policy"}),
        replace(ENDPOINT, version="endpoint-2"),
    ]
    assert len({each.hash for each in [ENDPOINT, *changed]}) == 8
    assert Rule.parse("odi change >= 10.0").hash == Rule.parse("odi change >= 10").hash
    assert Rule.parse("odi change > 10").hash != Rule.parse("odi change >= 10").hash


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("population expected", "population happy", "'happy' is no population. Allowed: expected, enrolled, treated"),
        ("non_responder", "guess", "'guess' is no missing-data method"),
        ("surgery composite", "surgery ignore", "'ignore' is no strategy"),
        ("surgery composite, ", "", "one strategy for each of surgery"),
        ("surgery composite", "flood composite", "one strategy for each"),
        ("death composite", "death treatment_policy", "After death there are no answers"),
        (" at m12", "", "is no endpoint"),
        ("death composite", "death", "is no endpoint"),
    ],
)
def test_an_endpoint_that_leaves_something_open_is_refused(old: str, new: str, sentence: str) -> None:
    with pytest.raises(RuleError, match=sentence.replace(".", r"\.")):
        Endpoint.parse(EXAMPLE.replace(old, new))


# treated: better, better after surgery, missing after surgery, missing, no baseline after surgery; reference: better
SCORES = ArmScores(
    np.array(["bmc"] * 5 + ["usual"]),
    np.array([50, 50, 50, 50, NAN, 50]),
    np.array([20, 20, NAN, NAN, 20, 20]),
    np.empty((6, 0)),
)
SURGERY = np.array([0, 1, 1, NAN, 1, 0])
RECORD = EventRecord({"surgery": SURGERY}, before=np.array([NAN, 45, 30, NAN, NAN, NAN]))


@pytest.mark.parametrize(
    ("strategy", "missing", "expected"),
    [
        ("composite", "complete_case", ["yes", "no", "no", "not_evaluable", "not_evaluable", "yes"]),
        ("composite", "best_case", ["yes", "no", "no", "yes", "not_evaluable", "yes"]),
        ("treatment_policy", "complete_case", ["yes", "yes", "not_evaluable", "not_evaluable", "not_evaluable", "yes"]),
        ("treatment_policy", "non_responder", ["yes", "yes", "no", "no", "not_evaluable", "yes"]),
        ("while_on_treatment", "complete_case", ["yes", "no", "yes", "not_evaluable", "not_evaluable", "yes"]),
    ],
)
def test_surgery_by_strategy(strategy: str, missing: str, expected: list[str]) -> None:
    text = EXAMPLE.replace("surgery composite", f"surgery {strategy}").replace(
        "missing non_responder", f"missing {missing}"
    )
    assert judge_endpoint(Endpoint.parse(text), SCORES, RECORD, "usual").status.tolist() == expected


def test_composite_and_treatment_policy_are_shown_together() -> None:
    composite, policy = ENDPOINT.surgery_both_ways()
    verdicts = [judge_endpoint(each, SCORES, RECORD, "usual").responders for each in (composite, policy)]
    assert verdicts == [2, 3]


def test_an_endpoint_is_analysed_as_it_reads() -> None:
    composite, policy = (analyse_endpoint(each, SCORES, RECORD, "usual") for each in ENDPOINT.surgery_both_ways())
    assert (composite.arms["bmc"].responders, composite.arms["bmc"].n) == (1, 4)
    assert (policy.arms["bmc"].responders, policy.arms["bmc"].n) == (2, 4)
    assert composite.comparisons["bmc"].risk_difference == pytest.approx(1 / 4 - 1)
    assert (composite.not_asked["surgery"], composite.not_asked["death"]) == (1, 6)
    assert composite.hash != policy.hash
    with pytest.raises(ScoringError, match="There is no arm 'x'"):
        analyse_endpoint(ENDPOINT, SCORES, RECORD, "x")


def test_an_event_stays_a_failure_in_every_imputed_data_set() -> None:
    """Ten a arm: all who answer respond; three of the treated were operated, two of them without follow-up."""
    arm, follow_up = np.repeat(["bmc", "usual"], 10), np.full(20, 20.0)
    follow_up[[0, 1, 5]] = NAN
    cohort = ArmScores(arm, np.full(20, 50.0), follow_up, np.empty((20, 0)))
    record = EventRecord({"surgery": np.isin(np.arange(20), [0, 1, 2]).astype(float)}, np.full(20, NAN))
    endpoint = replace(ENDPOINT, missing="multiple_imputation")
    found = analyse_endpoint(endpoint, cohort, record, "usual", seed=4).imputed
    assert found is not None
    assert (found.arms["bmc"].n, found.arms["bmc"].imputed) == (10, 1)
    assert found.arms["bmc"].rate == pytest.approx(0.7)
    with pytest.raises(ScoringError, match="name a seed"):
        analyse_endpoint(endpoint, cohort, record, "usual")


def test_an_event_makes_a_rule_on_worsening_true() -> None:
    worse = replace(ENDPOINT, rule=Rule.parse("odi change <= -10"))
    assert judge_endpoint(worse, SCORES, RECORD, "usual").status.tolist()[1:3] == ["yes", "yes"]


def test_nothing_answered_after_the_event_is_carried_forward() -> None:
    scores = replace(SCORES, between=np.full((6, 1), 10.0), follow_up=np.full(6, NAN))
    text = EXAMPLE.replace("surgery composite", "surgery while_on_treatment").replace("non_responder", "locf")
    found = judge_endpoint(Endpoint.parse(text), scores, RECORD, "usual").status.tolist()
    assert found == ["yes", "no", "yes", "yes", "not_evaluable", "yes"]


def test_not_asked_is_not_no_and_events_are_0_or_1() -> None:
    assert RECORD.not_asked("surgery").tolist() == [False, False, False, True, False, False]
    assert RECORD.not_asked("death").all()
    with pytest.raises(ScoringError, match=r"1 \(yes\), 0 \(no\) or missing"):
        EventRecord({"surgery": np.array([2.0])}, np.array([NAN]))
    with pytest.raises(ScoringError, match="1 records for 2 patients"):
        EventRecord({"surgery": np.array([1.0])}, np.array([NAN, NAN]))
    with pytest.raises(RuleError, match="no single verdict"):
        judge_endpoint(replace(ENDPOINT, missing="multiple_imputation"), SCORES, RECORD, "usual")
    with pytest.raises(ScoringError, match="do not fit 6 patients"):
        judge_endpoint(ENDPOINT, SCORES, EventRecord({}, np.array([NAN])), "usual")


def flags(*places: int) -> np.ndarray:
    return np.isin(np.arange(8), places)


def test_the_counts_of_consort_add_up_as_printed() -> None:
    """0 and 1 answer, 2 late, 3 withdrawn, 4 dies unanswered, 5 dies after answering, 6 and 7 are not due."""
    standing = Standing(
        closed=flags(0, 1, 2, 3, 4, 5), answered=flags(0, 1, 5, 6), late=flags(2), died=flags(4, 5), withdrawn=flags(3)
    )
    after = np.array([20, 48, NAN, NAN, NAN, 20, 20, NAN])
    judged = Rule.parse("odi change >= 10").classify(np.full(8, 50.0), after)
    (arm,) = flow(np.array(["bmc"] * 8), standing, judged)
    assert arm.text == (
        "bmc: enrolled 8, not yet due 2, died 1, withdrawn 1, expected 5, answered in window 3, late 1, "
        "evaluable 3, responders 2"
    )
    assert (arm.completeness, arm.rate) == (3 / 5, 2 / 3)
    assert arm.enrolled == arm.not_yet_due + arm.died + arm.expected


def test_contradictions_and_empty_cohorts_are_refused() -> None:
    none = flags()
    with pytest.raises(ScoringError, match="both in the window and late"):
        Standing(closed=none, answered=flags(1), late=flags(1), died=none, withdrawn=none)
    with pytest.raises(ScoringError, match="differs in length"):
        Standing(closed=none, answered=none[:2], late=none, died=none, withdrawn=none)
    empty = Standing(*(none[:0],) * 5)
    nobody = ResponderResult(np.empty(0, np.str_), np.empty(0, np.str_))
    with pytest.raises(ScoringError, match="no patient"):
        flow(np.empty(0, np.str_), empty, nobody)
    with pytest.raises(ScoringError, match="different patients"):
        flow(np.array(["a"]), empty, nobody)


def test_the_same_patients_are_those_who_can_be_judged_throughout() -> None:
    rule, baseline = Rule.parse("odi change >= 10"), np.full(4, 50.0)
    m3 = rule.classify(baseline, np.array([20.0, 20, 20, 50]))
    m12 = rule.classify(baseline, np.array([20.0, 50, NAN, NAN]))
    first, second = two_views({"m3": m3, "m12": m12})
    assert (first.available.responders, first.available.n, first.same.responders, first.same.n) == (3, 4, 2, 2)
    assert (second.available.responders, second.available.n, second.same.n) == (1, 2, 2)
    with pytest.raises(ScoringError, match="One or more timepoints"):
        two_views({})
