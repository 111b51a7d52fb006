"""One patient's worsening against an amount of its own."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from scoring.deterioration import Deterioration
from scoring.errors import RuleError
from scoring.individual import Amount, Change, IndividualChange


def rule(scale: str, amount: str) -> Deterioration:
    return Deterioration(scale, Amount(Decimal(amount), "a clinic's own"))


def test_worse_is_up_on_one_scale_and_down_on_another_and_missing_is_never_worse() -> None:
    before, after = np.array([20.0, 20.0, 20.0, np.nan]), np.array([30.0, 29.9, 10.0, 90.0])
    assert rule("odi", "10").met(before, after).tolist() == [True, False, False, False]
    assert rule("eq_vas", "10").met(before, after).tolist() == [False, False, True, False]


def test_an_amount_in_decimals_is_met_exactly() -> None:
    assert rule("eq5d3l_index", "0.1").met(np.array([0.8]), np.array([0.7])).tolist() == [True]


def test_it_is_the_fourth_of_the_four_states() -> None:
    before = np.repeat(np.arange(11.0), 11)
    after = np.tile(np.arange(11.0), 11)
    worse = Amount(Decimal("3.6"), "Parai 2020")
    states = IndividualChange("nrs_back", worse, worse, worse).states(before, after)
    np.testing.assert_array_equal(Deterioration("nrs_back", worse).met(before, after), states == Change.WORSE.value)


@pytest.mark.parametrize(("scale", "amount"), [("odi", "101"), ("eq5d3l_profile", "1"), ("odi", "0"), ("odi", "NaN")])
def test_an_amount_that_nobody_can_lose_is_refused(scale: str, amount: str) -> None:
    with pytest.raises(RuleError):
        rule(scale, amount)
