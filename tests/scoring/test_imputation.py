"""Multiple imputation: Rubin's rules by plain formula, and planted cohorts whose missing scores are known."""

import time
from math import inf
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t

from scoring.errors import ModelError, ScoringError
from scoring.imputation import impute
from scoring.imputed_responders import analyse_imputed
from scoring.pooling import pool, pooled_wilson
from scoring.proportions import wilson
from scoring.responder import Rule
from scoring.responders import ArmScores
from scoring.types import BoolArray
from tests.scoring.cohort import scores

NAN = float("nan")
RULE = Rule.parse("odi change >= 10")


def planted(seed: int, n: int = 1500) -> tuple[ArmScores, BoolArray]:
    """Two arms whose bad courses at month 6 tend to be missing at month 12, and who really responds."""
    rng = np.random.default_rng(seed)
    arm = np.repeat(["bmc", "usual"], n // 2)
    baseline = rng.integers(40, 70, n).astype(float)
    between = baseline - rng.normal(np.where(arm == "bmc", 14, 6), 10, n).round()
    follow_up = (between + rng.normal(0, 4, n)).round().clip(0, 100)
    gone = rng.random(n) < np.where(baseline - between < 8, 0.6, 0.05)
    found = ArmScores(arm, baseline, np.where(gone, NAN, follow_up), between.clip(0, 100)[:, None])
    return found, baseline - follow_up >= 10


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_imputation_recovers_rates_that_complete_cases_miss(seed: int) -> None:
    cohort, responds = planted(seed)
    found = analyse_imputed(cohort, RULE, "usual", imputations=10, seed=seed)
    for arm in ("bmc", "usual"):
        own = cohort.arm == arm
        complete = responds[own & np.isfinite(cohort.follow_up)].mean()
        pooled = found.arms[arm]
        assert pooled.interval is not None
        assert pooled.rate == pytest.approx(responds[own].mean(), abs=0.03)
        assert abs(complete - responds[own].mean()) > 0.06
        assert pooled.interval[0] < responds[own].mean() < pooled.interval[1]


def test_of_equal_donors_each_has_the_same_chance_whatever_their_order() -> None:
    """One baseline for all: the missing half responds as often as the observed, although the failures stand first."""
    follow_up = np.concatenate([np.full(40, 50.0), np.full(40, 20.0), np.full(80, NAN)])
    cohort = ArmScores(np.repeat("a", 160), np.full(160, 50.0), follow_up, np.empty((160, 0)))
    found = analyse_imputed(cohort, RULE, "a", 40, 1).arms["a"]
    assert found.rate == pytest.approx(0.5, abs=0.03)
    assert found.missing_information == pytest.approx(0.5, abs=0.2)


def test_every_imputed_score_was_observed_in_its_arm_and_what_was_observed_stays() -> None:
    cohort, _ = planted(5, 200)
    visits = np.column_stack([cohort.baseline, cohort.between, cohort.follow_up])
    visits[0, 0], visits[3, 1] = NAN, NAN
    completed = impute(visits, cohort.arm, imputations=3, seed=9)
    seen = np.isfinite(visits)
    for each in completed:
        np.testing.assert_array_equal(each[seen], visits[seen])
        np.testing.assert_array_equal(each[0], visits[0])  # no baseline: neither used nor filled
        assert np.isfinite(each[1:]).all()
        for arm in ("bmc", "usual"):
            own = cohort.arm == arm
            assert set(each[own, 2][1:]) <= set(visits[own, 2][np.isfinite(visits[own, 2])])


def test_one_seed_gives_one_answer_and_another_seed_another() -> None:
    first, again, other = (analyse_imputed(scores(), RULE, "control", 20, seed) for seed in (7, 7, 8))
    assert first == again
    assert first.arms["bmc"].rate != other.arms["bmc"].rate


def test_the_worked_cohort_lies_between_its_bounds_and_takes_little_time() -> None:
    """Worst and best case of tests/published/mcid_expected.json: 0.347 and 0.467."""
    begun = time.perf_counter()
    found = analyse_imputed(scores(), RULE, "control", imputations=20, seed=20220322)
    assert time.perf_counter() - begun < 5
    difference = found.comparisons["bmc"].risk_difference
    assert difference is not None
    assert 0.3466 < difference < 0.4667
    assert (found.arms["bmc"].n, found.arms["bmc"].imputed, found.arms["control"].imputed) == (150, 8, 10)


def test_without_missing_scores_it_is_the_ordinary_analysis() -> None:
    cohort, _ = planted(6, 100)
    whole = ArmScores(cohort.arm, cohort.baseline, cohort.between[:, 0], np.empty((100, 0)))
    found = analyse_imputed(whole, RULE, "usual", 5, 1)
    k = int((whole.baseline - whole.follow_up >= 10)[cohort.arm == "bmc"].sum())
    assert found.arms["bmc"].rate == pytest.approx(k / 50)
    assert found.arms["bmc"].interval == pytest.approx(wilson(k, 50))
    assert found.arms["bmc"].missing_information == 0


ESTIMATES = st.lists(st.tuples(st.floats(-5, 5), st.floats(0.01, 4)), min_size=2, max_size=12)


@settings(deadline=None)
@given(rows=ESTIMATES, complete=st.integers(2, 500))
def test_rubins_rules_by_plain_formula(rows: list[tuple[float, float]], complete: int) -> None:
    """Barnard & Rubin, Biometrika 1999;86:948-955, formulas 1 to 3, written out."""
    m, estimates, variances = len(rows), [row[0] for row in rows], [row[1] for row in rows]
    mean = sum(estimates) / m
    within, between = sum(variances) / m, sum((each - mean) ** 2 for each in estimates) / (m - 1)
    total = within + (m + 1) / m * between
    share = (m + 1) / m * between / total
    found = pool(np.array(estimates), np.array(variances), complete)
    assert (found.estimate, found.error) == pytest.approx((mean, total**0.5))
    assert found.missing_information == pytest.approx(share, abs=1e-12)
    observed = (complete + 1) / (complete + 3) * complete * (1 - share)
    df = observed if share < 1e-9 else 1 / (share**2 / (m - 1) + 1 / observed)
    assert found.df == pytest.approx(df)
    half = t.ppf(0.975, df) * total**0.5
    assert found.interval == pytest.approx((mean - half, mean + half))


@settings(deadline=None)
@given(k=st.integers(0, 40), n=st.integers(40, 90))
def test_wilson_for_imputed_data_is_wilson_where_nothing_was_missing(k: int, n: int) -> None:
    p = np.full(4, k / n)
    assert pooled_wilson(pool(p, p * (1 - p) / n), n) == pytest.approx(wilson(k, n), abs=1e-9)


@settings(deadline=None)
@given(st.lists(st.integers(5, 35), min_size=3, max_size=20))
def test_wilson_for_imputed_data_solves_its_equation(counts: list[int]) -> None:
    """Lott & Reiter 2020: at each limit q, (p - q)^2 = t^2 (1 + r) q (1 - q) / n."""
    p = np.array(counts) / 40
    pooled = pool(p, p * (1 - p) / 40)
    limits = pooled_wilson(pooled, 40)
    assert limits is not None
    quantile = NormalDist().inv_cdf(0.975) if pooled.df == inf else t.ppf(0.975, pooled.df)
    for q in limits:
        right = quantile**2 * (1 + pooled.increase) * q * (1 - q) / 40
        assert (pooled.estimate - q) ** 2 == pytest.approx(right, abs=1e-9)


def arms_of(*follow_up: float, baseline: float = 50) -> ArmScores:
    n = len(follow_up)
    return ArmScores(np.repeat(["a", "b"], n // 2), np.full(n, baseline), np.array(follow_up), np.empty((n, 0)))


def test_what_cannot_be_imputed_is_named() -> None:
    with pytest.raises(ModelError, match="arm 'b' has 1 scores at visit 2 of 2; 4 or more are needed"):
        analyse_imputed(arms_of(20, 30, 20, 40, NAN, NAN), RULE, "a", 5, 1)
    with pytest.raises(ScoringError, match="There is no arm 'c'"):
        analyse_imputed(arms_of(20, 30), RULE, "c", 5, 1)
    with pytest.raises(ScoringError, match="takes 2 to 1000 data sets"):
        analyse_imputed(arms_of(20, 30), RULE, "a", 1, 1)
    with pytest.raises(ScoringError, match="0 or above"):
        analyse_imputed(arms_of(20, 30), RULE, "a", 5, -1)
    with pytest.raises(ScoringError, match="a baseline and one later visit"):
        impute(np.full((2, 1), 5.0), np.array(["a", "b"]), 5, 1)
    with pytest.raises(ScoringError, match="two or more finite estimates"):
        pool(np.array([1.0, NAN]), np.array([1.0, 1.0]))


def test_arms_where_everybody_is_alike_have_no_interval() -> None:
    found = analyse_imputed(arms_of(20, 20, 20, 20), RULE, "a", 5, 1).comparisons["b"]
    assert (found.risk_difference, found.interval, "not estimable, because" in found.note) == (0, None, True)
    low = analyse_imputed(arms_of(5, 5, 5, 5, baseline=5), RULE, "a", 5, 1)
    assert (low.arms["a"].n, low.arms["a"].rate, low.comparisons["b"].risk_difference) == (0, None, None)


def test_a_rate_with_many_imputed_says_which_way_it_leans() -> None:
    often, seldom = (20, 30, 45, 20, 30, 45, 30, NAN, NAN, NAN), (20, 30, 45, 20, 30, 45, 30, 40, 20, NAN)
    found = analyse_imputed(arms_of(*often, *seldom), RULE, "a", 5, 1)
    assert "leans towards complete cases" in found.arms["a"].note
    assert found.arms["b"].note == ""
