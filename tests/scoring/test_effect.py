"""Mean change and its difference: Student's own data, and SciPy on random cohorts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nct, ttest_ind

from scoring.effect import mean_change, mean_difference, percent_improvement
from scoring.errors import ScoringError
from scoring.instrument import find_scale

NAN = float("nan")
FIRST = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
SECOND = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])


def test_students_sleep() -> None:
    """R, example of t.test on Student's data (Biometrika 1908;6:1-25): Welch t on 17.776 df, p = 0.07939."""
    found = mean_difference(FIRST, SECOND)
    assert found.difference == pytest.approx(-1.58)
    assert found.interval == pytest.approx((-3.3654832, 0.2054832), abs=1e-6)
    assert found.df == pytest.approx(17.776, abs=1e-3)
    assert found.p == pytest.approx(0.07939, abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 60), m=st.integers(2, 60), shift=st.floats(-30, 30))
def test_random_arms_agree_with_scipy(seed: int, n: int, m: int, shift: float) -> None:
    rng = np.random.default_rng(seed)
    one, other = rng.normal(shift, 12, n), rng.normal(0, 8, m)
    found, welch = mean_difference(one, other), ttest_ind(one, other, equal_var=False)
    assert found.interval == pytest.approx(tuple(welch.confidence_interval()))
    assert found.p == pytest.approx(welch.pvalue, rel=1e-9)
    equal = ttest_ind(one, other)
    correction = 1 - 3 / (4 * (n + m - 2) - 1)  # Hedges' approximation, within 2 % from 4 patients on
    width = (1 / n + 1 / m) ** 0.5
    assert found.hedges_g == pytest.approx(equal.statistic * width * correction, rel=0.02)
    assert found.hedges_g is not None
    assert found.hedges_interval is not None
    exact = found.hedges_g / (equal.statistic * width)
    low, high = (limit / width / exact for limit in found.hedges_interval)
    assert nct.cdf(equal.statistic, n + m - 2, low) == pytest.approx(0.975, abs=1e-6)
    assert nct.cdf(equal.statistic, n + m - 2, high) == pytest.approx(0.025, abs=1e-6)


def test_missing_patients_are_left_out_and_small_arms_say_so() -> None:
    assert mean_difference(np.append(FIRST, NAN), SECOND) == mean_difference(FIRST, SECOND)
    lone = mean_difference(np.array([3.0, NAN]), SECOND)
    assert (lone.difference, lone.treated.n) == (None, 1)
    assert "the treated arm has fewer than two patients" in lone.note
    same = mean_difference(np.full(3, 2.0), np.full(4, 1.0))
    assert (same.difference, same.interval) == (1, None)
    assert "not estimable, because all changes" in same.note


def test_arms_that_do_not_vary_at_all_have_no_standardised_interval() -> None:
    apart = mean_difference(np.array([1, 2.0]), np.array([1e6, 1e6 + 1]))
    assert apart.hedges_interval is None
    assert apart.interval is not None
    assert "interval of g not estimable, because" in apart.note


def test_per_cent_improvement_has_two_names_and_two_values() -> None:
    odi = find_scale("odi")
    before, after = np.array([10.0, 50, 0, NAN]), np.array([0.0, 45, 0, 5])
    found = percent_improvement(odi, before, after)
    assert (found.n, found.n_ratios) == (3, 2)
    assert found.mean_of_ratios == pytest.approx(55)
    assert found.ratio_of_means == pytest.approx(25)
    assert mean_change(odi, before, after).mean == pytest.approx(5)
    nobody = percent_improvement(odi, np.array([NAN]), np.array([1.0]))
    assert (nobody.mean_of_ratios, nobody.ratio_of_means) == (None, None)
    with pytest.raises(ScoringError, match="can be negative"):
        percent_improvement(find_scale("eq5d3l_index"), before, after)
