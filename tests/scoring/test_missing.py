"""Missing follow-up: what each method turns it into, and what no method touches."""

import numpy as np
import pytest

from scoring.errors import ScoringError
from scoring.missing import Method, carry_forward, settle_by
from scoring.responder import Rule

NAN = float("nan")
BASELINE = np.array([50.0, 50, 50, 50, NAN, 5])
FOLLOW_UP = np.array([30.0, 48, NAN, NAN, NAN, NAN])  # yes, no, missing (treated), missing, no baseline, unattainable
TREATED = np.array([True, False, True, False, True, True])


@pytest.mark.parametrize(
    ("method", "missing"),
    [
        ("complete_case", ["not_evaluable", "not_evaluable"]),
        ("non_responder", ["no", "no"]),
        ("worst_case", ["no", "yes"]),
        ("best_case", ["yes", "no"]),
    ],
)
def test_only_the_missing_follow_up_is_settled(method: Method, missing: list[str]) -> None:
    judged = Rule.parse("odi change >= 10").classify(BASELINE, FOLLOW_UP)
    found = settle_by(judged, method, TREATED, worsening=False)
    assert found.status.tolist() == ["yes", "no", *missing, "not_evaluable", "not_evaluable"]
    assert found.reason.tolist()[4:] == ["no_baseline", "unattainable"]


@pytest.mark.parametrize(("method", "missing"), [("worst_case", ["yes", "no"]), ("best_case", ["no", "yes"])])
def test_the_worst_case_of_a_rule_on_worsening_is_that_the_treated_got_worse(
    method: Method, missing: list[str]
) -> None:
    judged = Rule.parse("odi change <= -10").classify(BASELINE[:4], FOLLOW_UP[:4])
    assert settle_by(judged, method, TREATED[:4], worsening=True).status.tolist()[2:] == missing


def test_the_last_observation_is_the_newest_before_the_gap() -> None:
    baseline = np.array([50.0, 50, 50, NAN, 50])
    between = np.array([[40, 30], [40, NAN], [NAN, NAN], [NAN, 20], [40, 30]])
    follow_up = np.array([NAN, NAN, NAN, NAN, 10])
    np.testing.assert_array_equal(carry_forward(baseline, between, follow_up), [30, 40, 50, 20, 10])
    np.testing.assert_array_equal(carry_forward(np.array([NAN]), np.empty((1, 0)), np.array([NAN])), [NAN])


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ScoringError, match="2 patients between"):
        carry_forward(np.array([1.0]), np.empty((2, 1)), np.array([NAN]))
