"""The mixture over time: planted classes come back, and its figures agree with plain formulas."""

import time

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from scoring.errors import ModelError
from scoring.mixture import Mixture, fit_mixture
from scoring.types import FloatArray, IntArray

TIMEPOINTS = ["baseline", "m1", "m3", "m6", "m12"]
COURSES = np.array(
    [[45.0, 25, 20, 18, 18], [44.0, 42, 44, 45, 46], [46.0, 44, 40, 28, 22], [45.0, 26, 24, 38, 44]]
)  # ODI: early, stable, late and relapse
SHARES = [0.4, 0.3, 0.2, 0.1]


def planted(seed: int, n: int = 1000, missing: float = 0.2) -> tuple[FloatArray, IntArray]:
    rng = np.random.default_rng(seed)
    course = rng.choice(4, n, p=SHARES)
    values = COURSES[course] + rng.normal(0, 5, (n, 1)) + rng.normal(0, 6, (n, 5))
    values[rng.random(values.shape) < missing] = np.nan
    return values, course


def two_classes(seed: int, n: int = 300) -> FloatArray:
    rng = np.random.default_rng(seed)
    second = rng.random(n) < 0.3
    values = np.where(second[:, None], [0.0, 6.0, 9.0], [0.0, 1.0, 1.0]) + rng.normal(0, 2, (n, 3))
    values[rng.random(values.shape) < 0.1] = np.nan
    return values


@pytest.mark.parametrize("seed", range(3))
def test_planted_shares_come_back_within_five_points_in_ten_seconds(seed: int) -> None:
    values, course = planted(seed)
    begun = time.process_time()
    found = fit_mixture(values, timepoints=TIMEPOINTS, seed=1)
    assert time.process_time() - begun < 10
    assert len(found.classes) == 4
    for one, share, means in zip(found.classes, SHARES, COURSES, strict=True):
        assert one.share == pytest.approx(share, abs=0.05)
        assert one.means == pytest.approx(means, abs=4)
        assert one.interval is not None
        assert one.interval[0] < one.share < one.interval[1]
    known = found.assigned >= 0
    assert (found.assigned[known] == course[known]).mean() > 0.85


def log_likelihood(found: Mixture, values: FloatArray) -> float:
    """The textbook sum, patient by patient."""
    total = 0.0
    for row in values[np.isfinite(values).any(axis=1)]:
        seen = np.flatnonzero(np.isfinite(row))
        total += np.log(
            sum(
                one.share * multivariate_normal(one.means[seen], found.covariance[np.ix_(seen, seen)]).pdf(row[seen])
                for one in found.classes
            )
        )
    return float(total)


@pytest.mark.parametrize("seed", range(3))
def test_the_log_likelihood_and_bic_are_those_of_the_formula(seed: int) -> None:
    values = two_classes(seed, n=150)
    found = fit_mixture(values, timepoints=["a", "b", "c"], seed=1, classes=[2])
    (candidate,) = found.candidates
    plain = log_likelihood(found, values)
    assert candidate.log_likelihood == pytest.approx(plain, abs=0.05)
    assert candidate.parameters == 1 + 2 * 3 + 6
    assert candidate.bic == pytest.approx(13 * np.log(found.n_patients) - 2 * plain, abs=0.1)


def test_one_class_of_complete_data_is_the_mean_and_covariance() -> None:
    values = np.random.default_rng(4).normal([3, 1, 2], [1, 4, 2], (90, 3))
    found = fit_mixture(values, timepoints=["a", "b", "c"], seed=1, classes=[1])
    assert found.classes[0].means == pytest.approx(values.mean(axis=0))
    assert found.covariance == pytest.approx(np.cov(values.T, ddof=0))
    assert (found.classes[0].share, found.classes[0].interval) == (1.0, (1.0, 1.0))


def test_the_interval_of_a_share_covers_it_as_often_as_it_says() -> None:
    """60 cohorts with a share of 30 %: of 95 % intervals, between 52 and all cover it."""
    covered = 0
    for seed in range(60):
        found = fit_mixture(two_classes(seed), timepoints=["a", "b", "c"], seed=1, classes=[2], starts=3)
        assert found.classes[1].interval is not None
        low, high = found.classes[1].interval
        covered += low <= 0.3 <= high
    assert covered >= 52


def test_the_same_seed_gives_the_same_classes_in_any_unit_and_order_of_patients() -> None:
    values = two_classes(7)
    first, again, scaled, turned = (
        fit_mixture(each, timepoints=["a", "b", "c"], seed=3, classes=[1, 2, 3])
        for each in (values, values, values / 1000 + 5, values[::-1])
    )
    assert np.array_equal(first.posterior, again.posterior, equal_nan=True)
    for other in (scaled, turned):
        assert [one.share for one in other.classes] == pytest.approx([one.share for one in first.classes], abs=1e-3)
    assert turned.posterior[::-1] == pytest.approx(first.posterior, abs=0.01, nan_ok=True)


def test_posterior_probabilities_sum_to_one_and_stay_empty_without_answers() -> None:
    values = two_classes(2)
    values[:, 0] = np.nan_to_num(values[:, 0])
    values[5] = np.nan
    found = fit_mixture(values, timepoints=["a", "b", "c"], seed=1, classes=[2])
    assert found.left_out == 1
    assert found.assigned[5] == -1
    assert np.isnan(found.posterior[5]).all()
    assert np.delete(found.posterior, 5, axis=0).sum(axis=1) == pytest.approx(np.ones(299))


def test_one_homogeneous_cohort_stays_one_class() -> None:
    values = np.random.default_rng(1).normal(0, 1, (400, 1)) + np.random.default_rng(2).normal(0, 1, (400, 4))
    found = fit_mixture(values, timepoints=list("abcd"), seed=1)
    assert len(found.classes) == 1


def test_a_small_class_is_a_warning_in_the_result() -> None:
    rng = np.random.default_rng(5)
    few = np.arange(300) < 9
    values = np.where(few[:, None], [0.0, 30.0, 40.0], 0.0) + rng.normal(0, 3, (300, 3))
    found = fit_mixture(values, timepoints=["a", "b", "c"], seed=1, classes=[1, 2, 3])
    (small,) = [each for each in found.warnings if each.code == "small_class"]
    assert small.place == 1
    assert small.text == "Class 2 is small: 3.0 %, about 9 patients. It may not be found again."


def test_numbers_of_classes_that_the_patients_do_not_carry_are_named() -> None:
    found = fit_mixture(two_classes(1, n=40), timepoints=["a", "b", "c"], seed=1)
    assert [each.classes for each in found.candidates] == [1, 2, 3]
    assert [each.text for each in found.warnings if each.code == "not_tried"] == [
        "Not tried, because there are too few patients: 4, 5 classes."
    ]


def test_classes_in_which_nobody_differs_are_left_out_and_named() -> None:
    """Answers of yes and no at two timepoints: four classes hold one pattern each, one class still stands."""
    binary = np.random.default_rng(3).choice([0.0, 20.0], (80, 2))
    left = fit_mixture(binary, timepoints=["a", "b"], seed=1, classes=[1, 4])
    assert [each.classes for each in left.candidates] == [1]
    assert [each.code for each in left.warnings] == ["degenerate"]


COPIED = two_classes(1)[:, [0, 1, 1]]


@pytest.mark.parametrize(
    ("values", "classes", "words"),
    [
        (np.full((9, 3), np.nan), [1], "at a do not vary, or there are none"),
        (np.ones((50, 3)), [1], "at a do not vary"),
        (two_classes(1, n=12), [1], "Too few patients: 12 answered, 1 class over 3 timepoints need 18"),
        (COPIED, [1, 2], "repeats another"),
        (two_classes(1), [0], "1 or more"),
        (two_classes(1), [], "1 or more"),
        (np.where(np.arange(3) == 1, np.inf, two_classes(1)), [1], "infinite"),
        (two_classes(1)[:, :2], [1], "not patients by 3 timepoints"),
    ],
)
def test_what_data_cannot_carry_is_refused(values: FloatArray, classes: list[int], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        fit_mixture(values, timepoints=["a", "b", "c"], seed=1, classes=classes)
