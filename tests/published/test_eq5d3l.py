"""EQ-5D-3L against the R package eq5d 0.16.0, and against the figures in the publications."""

import csv
from pathlib import Path

import numpy as np
import pytest

from scoring.eq5d import STATES, attainable, eq5d3l_index, state_index
from scoring.types import FloatArray
from scoring.value_sets import load_value_sets

EXPECTED = Path(__file__).parent / "eq5d3l_expected.csv"
FIVE = ("Germany_TTO", "Germany_VAS", "Spain_TTO", "UK_TTO", "USA_TTO")


def expected(value_set: str) -> dict[str, float]:
    with EXPECTED.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["value_set_id"] == value_set]
    return {row["state"]: float(row["index_unrounded"]) for row in rows}


def levels(*states: str) -> FloatArray:
    return np.array([[float(digit) for digit in state] for state in states])


@pytest.mark.parametrize("value_set", FIVE)
def test_all_243_states_equal_the_r_package(value_set: str) -> None:
    table = expected(value_set)
    assert len(table) == 243
    computed = eq5d3l_index(levels(*table), value_set=value_set)
    np.testing.assert_allclose(computed, list(table.values()), rtol=0, atol=1e-6)


@pytest.mark.parametrize(("state", "index"), [("11221", 0.760), ("22222", 0.516), ("21232", 0.088), ("33333", -0.594)])
def test_uk_values(state: str, index: float) -> None:
    """Dolan, Med Care 1997;35:1095-1108."""
    assert eq5d3l_index(levels(state), value_set="UK_TTO")[0] == pytest.approx(index, abs=1e-9)


@pytest.mark.parametrize(
    ("value_set", "worst"), [("USA_TTO", -0.109), ("USA_TTO_rounded3", -0.102), ("Sweden_TTO", 0.340)]
)
def test_worst_state(value_set: str, worst: float) -> None:
    """Shaw et al., Med Care 2005;43:203-220, unrounded and in three decimals; Burstroem et al. 2014."""
    assert eq5d3l_index(levels("33333"), value_set=value_set)[0] == pytest.approx(worst, abs=5e-4)


@pytest.mark.parametrize("value_set", sorted(load_value_sets()))
def test_every_set_reaches_its_published_lowest_value(value_set: str) -> None:
    chosen = load_value_sets()[value_set]
    assert min(state_index(chosen, state) for state in STATES) == pytest.approx(chosen.lowest, abs=6e-4)


def test_full_health_is_not_1_in_the_swedish_experience_set() -> None:
    """Burstroem et al., Qual Life Res 2014;23:431-442."""
    assert attainable("Sweden_TTO")[1] == pytest.approx(0.9694)
