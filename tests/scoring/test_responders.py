"""Responder analysis: the worked cohort at 1e-6, more than two arms, and what cannot be analysed."""

from typing import Any

import numpy as np
import pytest

from scoring.errors import ScoringError
from scoring.missing import Method
from scoring.responder import Rule
from scoring.responders import ArmScores, analyse
from tests.scoring.cohort import MONTH_12, scores

NAN = float("nan")
RULE = Rule.parse("odi change >= 10")


@pytest.mark.parametrize(
    ("method", "expected"),
    [("complete_case", MONTH_12["complete_case"]), ("non_responder", MONTH_12["non_responder_imputation"])],
)
def test_the_worked_cohort(method: Method, expected: dict[str, Any]) -> None:
    """Facts computed by R and statsmodels; see tests/published/README.md."""
    result = analyse(scores(), RULE, "control").methods[method]
    for name, arm in result.arms.items():
        assert (arm.responders, arm.n) == (expected[name]["x"], expected[name]["n"])
        assert arm.rate == pytest.approx(expected[name]["p"], abs=1e-6)
        assert arm.wilson == pytest.approx(expected[name]["wilson95"], abs=1e-6)
    found = result.comparisons["bmc"]
    assert found.risk_difference == pytest.approx(expected["risk_difference"], abs=1e-6)
    assert found.newcombe == pytest.approx(expected["newcombe95"], abs=1e-6)
    assert found.nnt == pytest.approx(expected["nnt"], abs=1e-6)
    assert found.nnt_ci == pytest.approx(expected["nnt_ci95"], abs=1e-6)
    assert found.risk_ratio == pytest.approx(expected["risk_ratio"], abs=1e-6)
    assert found.risk_ratio_ci == pytest.approx(expected["risk_ratio_ci95_log"], abs=1e-6)
    assert found.odds_ratio == pytest.approx(expected["odds_ratio"], abs=1e-6)
    assert found.odds_ratio_ci == pytest.approx(expected["odds_ratio_ci95_woolf"], abs=1e-6)
    assert found.chi2_p == pytest.approx(expected["chi2_no_cc_p"], rel=1e-6)
    assert found.fisher_p == pytest.approx(expected["fisher_p"], rel=1e-6)


@pytest.mark.parametrize("method", ["worst_case", "best_case"])
def test_the_bounds_of_the_worked_cohort(method: Method) -> None:
    found = analyse(scores(), RULE, "control").methods[method].comparisons["bmc"]
    assert found.risk_difference == pytest.approx(MONTH_12["missing_bounds_rd"][method], abs=1e-6)


def test_the_published_trial_at_twelve_months() -> None:
    """Atluri et al. 2022, Pain Physician 25:193-207: 67 % against 8 %, which fits 26 and 3 of 39 complete cases."""
    change = np.array([12.0] * 26 + [2.0] * 13 + [NAN] + [12.0] * 3 + [2.0] * 36 + [NAN])
    baseline = np.full(80, 46.0)
    trial = ArmScores(np.repeat(["bmc", "conventional"], 40), baseline, baseline - change, np.empty((80, 0)))
    analysis = analyse(trial, RULE, "conventional")
    rates = [arm.rate for arm in analysis.methods["complete_case"].arms.values()]
    assert [round(100 * (rate or 0)) for rate in rates] == [67, 8]
    assert analysis.denominators["bmc"].no_follow_up == 1


def test_three_arms_are_each_compared_with_the_reference() -> None:
    arm = np.repeat(["a", "b", "usual"], 10)
    follow_up = np.concatenate([np.repeat([20.0, 50.0], [k, 10 - k]) for k in (8, 5, 2)])
    found = analyse(ArmScores(arm, np.full(30, 50.0), follow_up, np.empty((30, 0))), RULE, "usual")
    compared = found.methods["complete_case"].comparisons
    assert {name: each.risk_difference for name, each in compared.items()} == pytest.approx({"a": 0.6, "b": 0.3})


def test_the_last_observation_uses_the_visits_between() -> None:
    arm, between = np.array(["a", "a", "b", "b"]), np.array([[10.0], [NAN], [10.0], [NAN]])
    gone = ArmScores(arm, np.full(4, 50.0), np.full(4, NAN), between)
    methods = analyse(gone, RULE, "b").methods
    assert methods["locf"].arms["a"].rate == 0.5
    assert methods["complete_case"].arms["a"].rate is None
    assert "nobody in the treated arm is evaluable" in methods["complete_case"].comparisons["a"].notes[0]


def test_an_arm_of_one_is_a_rate_with_a_wide_interval() -> None:
    lone = ArmScores(np.array(["a", "b", "b"]), np.full(3, 50.0), np.array([20.0, 50, 50]), np.empty((3, 0)))
    found = analyse(lone, RULE, "b").methods["complete_case"].arms["a"]
    assert (found.n, found.rate) == (1, 1.0)
    assert found.wilson == pytest.approx((0.2065, 1.0), abs=1e-4)


def test_what_is_no_cohort_is_refused() -> None:
    one = ArmScores(np.array(["a", "a"]), np.full(2, 50.0), np.full(2, 40.0), np.empty((2, 0)))
    with pytest.raises(ScoringError, match=r"There is no arm 'b'\. Arms: a"):
        analyse(one, RULE, "b")
    with pytest.raises(ScoringError, match="one arm only"):
        analyse(one, RULE, "a")
    empty = np.empty(0)
    with pytest.raises(ScoringError, match="no patient to analyse"):
        ArmScores(np.empty(0, dtype=np.str_), empty, empty, np.empty((0, 0)))
    with pytest.raises(ScoringError, match="differ in length"):
        ArmScores(np.array(["a"]), np.full(2, 50.0), np.full(2, 40.0), np.empty((2, 0)))
    with pytest.raises(ScoringError, match="Patient 2 has no arm"):
        ArmScores(np.array(["a", ""]), np.full(2, 50.0), np.full(2, 40.0), np.empty((2, 0)))
    with pytest.raises(ScoringError, match=r"A score of 101 \(follow-up\) is outside the scale"):
        analyse(ArmScores(np.array(["a", "b"]), np.full(2, 50.0), np.array([40.0, 101]), np.empty((2, 0))), RULE, "a")
    with pytest.raises(ScoringError, match="infinite"):
        ArmScores(np.array(["a", "b"]), np.full(2, 50.0), np.array([40.0, np.inf]), np.empty((2, 0)))
