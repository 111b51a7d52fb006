"""Intervals, means, change and its distribution."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from scoring.change import signed_change
from scoring.ecdf import ecdf, share_reaching
from scoring.errors import RuleError, ScoringError
from scoring.instrument import find_scale
from scoring.means import mean_interval
from scoring.proportions import upper_limit_zero, wilson

NAN = float("nan")


@given(n=st.integers(1, 500), data=st.data())
def test_wilson_agrees_with_scipy(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    independent = binomtest(k, n).proportion_ci(method="wilson")
    assert wilson(k, n) == pytest.approx((independent.low, independent.high), abs=1e-12)


def test_nobody_has_no_interval() -> None:
    assert wilson(0, 0) is None
    assert upper_limit_zero(0) is None


@pytest.mark.parametrize(("k", "n"), [(3, 2), (-1, 2), (0, -1)])
def test_an_impossible_proportion_is_refused(k: int, n: int) -> None:
    with pytest.raises(ScoringError, match="no proportion"):
        wilson(k, n)


def test_a_mean_leaves_out_what_is_missing() -> None:
    """t(0.975, 3) = 3.182446 from printed tables; the values have mean 5 and variance 20/3."""
    found = mean_interval(np.array([2.0, 4.0, NAN, 6.0, 8.0]))
    half = 3.182446 * (20 / 3 / 4) ** 0.5
    assert (found.n, found.mean) == (4, 5)
    assert found.interval == pytest.approx((5 - half, 5 + half), abs=1e-5)


@pytest.mark.parametrize(("values", "n"), [([NAN], 0), ([], 0), ([3.0, NAN], 1)])
def test_fewer_than_two_values_have_no_interval(values: list[float], n: int) -> None:
    found = mean_interval(np.array(values))
    assert (found.n, found.sd, found.interval) == (n, None, None)


@pytest.mark.parametrize(("scale", "change"), [("odi", 10), ("functionality", -10)])
def test_positive_change_is_improvement(scale: str, change: float) -> None:
    changes = signed_change(find_scale(scale), np.array([30.0, NAN, 30.0]), np.array([20.0, 20.0, NAN]))
    np.testing.assert_array_equal(changes, [change, NAN, NAN])


def test_a_category_has_no_change() -> None:
    with pytest.raises(RuleError, match="no better end"):
        signed_change(find_scale("work_status"), np.array([1.0]), np.array([2.0]))


def test_the_distribution_rises_to_all_patients() -> None:
    values, shares = ecdf(np.array([10.0, -5.0, NAN, 10.0, 20.0]))
    np.testing.assert_array_equal(values, [-5, 10, 20])
    np.testing.assert_allclose(shares, [0.25, 0.75, 1])
    np.testing.assert_allclose(
        share_reaching(np.array([10.0, -5.0, NAN, 10.0, 20.0]), np.array([10.0, 10.5])), [0.75, 0.25]
    )


def test_nobody_has_no_distribution() -> None:
    values, shares = ecdf(np.array([NAN]))
    assert (len(values), len(shares)) == (0, 0)
    assert np.isnan(share_reaching(np.array([]), np.array([1.0]))).all()
