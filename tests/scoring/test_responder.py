"""Responder rules: yes, no, not evaluable, and the reasons kept apart."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scoring.errors import RuleError, ScoringError
from scoring.responder import NO, NOT_EVALUABLE, YES, Operator, Reason, Rule

NAN = float("nan")


def verdict(rule: str, baseline: float, follow_up: float) -> tuple[str, str]:
    result = Rule.parse(rule).classify(np.array([baseline]), np.array([follow_up]))
    return str(result.status[0]), str(result.reason[0])


@pytest.mark.parametrize(
    ("rule", "baseline", "follow_up", "status"),
    [
        ("odi change >= 10", 46, 36, YES),
        ("odi change > 10", 46, 36, NO),
        ("odi change >= 10", 46, 36.1, NO),
        ("odi change >= 10", 36, 46, NO),
        ("odi change >= 30%", 10, 7, YES),
        ("odi change > 30%", 10, 7, NO),
        ("nrs_active change > 2", 7, 5, NO),
        ("nrs_active change > 2", 7, 4, YES),
        ("functionality change >= 6", 33, 39, YES),
        ("eq5d3l_index[UK_TTO] change >= 0.08", 0.516, 0.596, YES),
        ("odi change <= -10", 36, 46, YES),
        ("odi change < -10", 36, 46, NO),
        ("odi change <= -10", 46, 36, NO),
        ("odi change <= -30%", 50, 65, YES),
    ],
)
def test_the_operator_decides_on_the_threshold(rule: str, baseline: float, follow_up: float, status: str) -> None:
    assert verdict(rule, baseline, follow_up) == (status, Reason.NONE)


@pytest.mark.parametrize(
    ("rule", "baseline", "follow_up", "reason"),
    [
        ("nrs_active change >= 2", NAN, 3, Reason.NO_BASELINE),
        ("nrs_active change >= 2", NAN, NAN, Reason.NO_BASELINE),
        ("nrs_active change >= 2", 1, 0, Reason.UNATTAINABLE),
        ("nrs_active change > 2", 2, 0, Reason.UNATTAINABLE),
        ("nrs_active change >= 2", 1, NAN, Reason.UNATTAINABLE),
        ("nrs_active change >= 30%", 0, 0, Reason.UNATTAINABLE),
        ("functionality change >= 30%", 0, 12, Reason.UNATTAINABLE),
        ("functionality change >= 30%", 35, 40, Reason.UNATTAINABLE),
        ("odi change <= -10", 95, 100, Reason.UNATTAINABLE),
        ("odi change <= -30%", 90, 100, Reason.UNATTAINABLE),
        ("eq5d3l_index[Sweden_TTO] change >= 0.1", 0.9, 0.9694, Reason.UNATTAINABLE),
        ("nrs_active change >= 2", 6, NAN, Reason.NO_FOLLOW_UP),
        ("odi change >= 10 with baseline >= 20", 18, 2, Reason.BELOW_MINIMUM_BASELINE),
    ],
)
def test_the_reasons_are_kept_apart(rule: str, baseline: float, follow_up: float, reason: Reason) -> None:
    assert verdict(rule, baseline, follow_up) == (NOT_EVALUABLE, reason)


def test_a_baseline_that_just_allows_the_change_is_evaluable() -> None:
    assert verdict("nrs_active change >= 2", 2, 0) == (YES, Reason.NONE)
    assert verdict("odi change >= 10 with baseline >= 20", 20, 10) == (YES, Reason.NONE)


@given(baseline=st.integers(1, 10), follow_up=st.integers(0, 10), percent=st.integers(1, 100))
def test_percent_rules_are_exact(baseline: int, follow_up: int, percent: int) -> None:
    """Held against whole numbers: 100 * (b - f) >= percent * b."""
    met = 100 * (baseline - follow_up) >= percent * baseline
    status, _ = verdict(f"nrs_back change >= {percent}%", baseline, follow_up)
    assert status == (YES if met else NO)


@given(baseline=st.integers(0, 450), follow_up=st.integers(0, 500))
def test_a_prorated_baseline_is_compared_exactly(baseline: int, follow_up: int) -> None:
    """ODI points of 45 tenths against points of 50 tenths; the difference is a ratio of integers."""
    scores = 100 * baseline / 450, 100 * follow_up / 500
    attainable = 100 * baseline >= 10 * 450
    met = 100 * baseline * 500 - 100 * follow_up * 450 >= 10 * 450 * 500
    status, _ = verdict("odi change >= 10", *scores)
    assert status == ((YES if met else NO) if attainable else NOT_EVALUABLE)


@given(
    scale=st.sampled_from(["odi", "nrs_leg", "functionality", "eq_vas"]),
    operator=st.sampled_from([">=", ">", "<=", "<"]),
    amount=st.decimals(0, 10, places=2),
    percent=st.booleans(),
    minimum=st.none() | st.decimals(0, 10, places=1),
)
def test_a_rule_survives_being_printed_and_read(
    scale: str, operator: Operator, amount: Decimal, minimum: Decimal | None, *, percent: bool
) -> None:
    assume(amount or operator in ("<", ">"))
    signed = -amount if operator in ("<=", "<") else amount
    rule = Rule(scale, operator, signed, percent=percent, minimum_baseline=minimum)
    assert Rule.parse(rule.text) == rule
    assert Rule.parse(rule.text).text == rule.text


@pytest.mark.parametrize(
    "text",
    ["odi change >= 10", "odi change >= 30%", "nrs_active change > 2", "odi change <= -10",
     "odi change >= 12.8 with baseline >= 20", "eq5d3l_index[UK_TTO] change >= 0.08"],
)  # fmt: skip
def test_the_published_text_form_is_kept(text: str) -> None:
    assert Rule.parse(text).text == text


def test_the_protocol_may_name_the_value_set_for_an_index_rule() -> None:
    rule = Rule.parse("eq5d3l_index change >= 0.08", value_set="UK_TTO")
    assert rule.text == "eq5d3l_index[UK_TTO] change >= 0.08"
    assert Rule.parse("odi change >= 10", value_set="UK_TTO").value_set is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("odi >= 10", "is no rule"),
        ("odi change = 10", "is no rule"),
        ("odi change >= ten", "is no rule"),
        ("", "is no rule"),
        ("nrs change >= 2", "no scale 'nrs'"),
        ("work_status change >= 1", "no better end"),
        ("odi change >= -10", "0 or above"),
        ("odi change >= 0", "did not change at all as changed. Write > 0"),
        ("odi change >= 0%", "Write > 0"),
        ("odi change <= -0.0", "Write < 0"),
        ("odi change <= 10", "0 or below"),
        ("nrs_back change >= 11", "nobody can change"),
        ("eq5d3l_index[UK_TTO] change >= 10%", "can be negative"),
        ("odi change >= 150%", "nobody can fall by 150 %"),
        ("eq_vas change <= -101%", "nobody can fall by 101 %"),
        (f"odi change >= 0.{'0' * 400}1", "is no rule"),
        ("odi change >= ١٠", "is no rule"),
        ("eq5d3l_index change >= 0.08", "names its value set"),
        ("odi[UK_TTO] change >= 10", "has no value set"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(text: str, reason: str) -> None:
    with pytest.raises(RuleError, match=reason):
        Rule.parse(text)


def test_an_unknown_value_set_in_a_rule_is_refused() -> None:
    with pytest.raises(ScoringError, match="Atlantis"):
        Rule.parse("eq5d3l_index[Atlantis] change >= 0.08")


def test_the_counts_leave_out_who_cannot_be_judged() -> None:
    baseline = np.array([46.0, 46.0, NAN, 5.0, 46.0])
    result = Rule.parse("odi change >= 10").classify(baseline, np.array([30.0, 46.0, 10.0, 0.0, NAN]))
    assert (result.responders, result.evaluable, result.count(NOT_EVALUABLE)) == (1, 2, 3)
    assert result.count(Reason.NO_FOLLOW_UP) == 1


def test_an_empty_cohort_has_nobody() -> None:
    result = Rule.parse("odi change >= 10").classify(np.array([]), np.array([]))
    assert (result.responders, result.evaluable) == (0, 0)


@pytest.mark.parametrize("text", ["odi change <= -150%", "eq_vas change >= 150%"])
def test_a_rise_may_be_more_than_the_whole_baseline(text: str) -> None:
    assert Rule.parse(text).text == text
