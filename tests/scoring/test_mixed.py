"""The mixed model: against R's figures, against statsmodels and SciPy on random cohorts, and what it refuses."""

import numpy as np
import pytest
from scipy.stats import ttest_ind, ttest_rel
from statsmodels.regression.mixed_linear_model import MixedLM

from scoring.errors import ModelError
from scoring.mixed import Difference, MixedModel, Structure, fit_mixed
from scoring.types import FloatArray, IntArray
from tests.published.longitudinal import TIMEPOINTS, cohort, expected


def difference(model: MixedModel, timepoint: str) -> Difference:
    (found,) = [each for each in model.differences if each.timepoint == timepoint]
    return found


def random_cohort(
    seed: int, patients: int, visits: int, missing: float = 0.0
) -> tuple[FloatArray, list[str], FloatArray]:
    """Correlated changes with a patient effect, an arm effect and answers missing at random."""
    rng = np.random.default_rng(seed)
    arm = [("active", "control")[place % 2] for place in range(patients)]
    baseline = rng.normal(45, 12, patients)
    effect = np.where(np.array(arm) == "active", 8.0, 0.0)[:, None] * np.linspace(0.5, 1.5, visits)
    change = 0.4 * baseline[:, None] + effect + rng.normal(0, 7, (patients, 1)) + rng.normal(0, 5, (patients, visits))
    change[rng.random(change.shape) < missing] = np.nan
    return change, arm, baseline


def names(visits: int) -> list[str]:
    return [f"t{place}" for place in range(visits)]


def test_the_worked_set_of_r() -> None:
    """R 4.2.2 nlme::gls, REML, unstructured (tests/published/longitudinal_expected.json).

    Variances agree at 1e-3 of their size: gls stops its search with a gradient left, ours ends at the maximum.
    """
    change, arm, baseline = cohort()
    model = fit_mixed(change, arm, timepoints=TIMEPOINTS, baseline=baseline, reference="control")
    published = expected()["mixed_model"]
    assert (model.n_observations, model.n_patients) == (published["n_observations"], published["n_patients"])
    assert model.reml_loglik == pytest.approx(published["reml_loglik"], abs=1e-5)
    assert np.diag(model.residual) == pytest.approx(published["residual_variances_m1_m3_m6_m12"], rel=1e-3)
    for found, wanted in [
        (model.baseline_slope, published["baseline_slope"]),
        *((difference(model, each).effect, figures) for each, figures in published["bmc_minus_control"].items()),
    ]:
        assert found is not None
        assert (found.estimate, found.se) == pytest.approx((wanted["estimate"], wanted["se"]), abs=1e-3)


def least_squares_spread(x: FloatArray, patient: IntArray, within: float, between: float) -> FloatArray:
    """Covariance of generalised least squares by its textbook formula, patient by patient."""
    total = np.zeros((x.shape[1], x.shape[1]))
    for each in np.unique(patient):
        own = x[patient == each]
        total += own.T @ np.linalg.solve(within * np.eye(len(own)) + between, own)
    return np.asarray(np.linalg.inv(total), dtype=np.float64)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("missing", [0.0, 0.25])
def test_compound_symmetry_is_the_random_intercept_of_statsmodels(seed: int, missing: float) -> None:
    """Estimates and variances are statsmodels'; its standard errors take the variances' part of the Hessian too."""
    change, arm, baseline = random_cohort(seed, 60, 4, missing)
    model = fit_mixed(change, arm, timepoints=names(4), baseline=baseline, covariance="compound_symmetry")
    patient, visit = np.nonzero(np.isfinite(change))
    at = visit[:, None] == np.arange(4)
    active = (np.array(arm) == "active")[patient, None]
    x = np.hstack([at, at & active, baseline[patient, None]]).astype(float)
    fitted = MixedLM(change[patient, visit], x, patient).fit(reml=True)
    assert np.diag(model.residual) == pytest.approx(
        np.full(4, fitted.scale + float(np.asarray(fitted.cov_re)[0, 0])), rel=1e-4
    )
    spread = least_squares_spread(x, patient, fitted.scale, float(np.asarray(fitted.cov_re)[0, 0]))
    for place, each in enumerate(names(4)):
        found = difference(model, each).effect
        assert found.estimate == pytest.approx(fitted.fe_params[4 + place], rel=1e-4, abs=1e-4)
        assert found.se == pytest.approx(spread[4 + place, 4 + place] ** 0.5, rel=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_complete_data_give_the_t_test_at_each_timepoint(seed: int) -> None:
    """Without a covariate, REML of complete data is the two-sample t test: Satterthwaite's df must be n - 2."""
    change, arm, _ = random_cohort(seed, 24, 3)
    model = fit_mixed(change, arm, timepoints=names(3))
    active = np.array(arm) == "active"
    for place, each in enumerate(names(3)):
        peer = ttest_ind(change[active, place], change[~active, place])
        found = difference(model, each).effect
        assert found.df == pytest.approx(22, rel=1e-4)
        assert found.p == pytest.approx(peer.pvalue, rel=1e-4)
        assert found.interval == pytest.approx(tuple(peer.confidence_interval()), rel=1e-4)


def textbook(
    change: FloatArray, arm: list[str], baseline: FloatArray, sigma: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    """Restricted log-likelihood, coefficients and their covariance, patient by patient (Laird & Ware 1982)."""
    k = change.shape[1]
    information, moment, quadratic, logs, answers = np.zeros((2 * k + 1, 2 * k + 1)), np.zeros(2 * k + 1), 0.0, 0.0, 0
    for row, name, base in zip(change, arm, baseline, strict=True):
        seen = np.flatnonzero(np.isfinite(row))
        x = np.zeros((len(seen), 2 * k + 1))
        x[np.arange(len(seen)), seen + k * (name == "active")] = 1
        x[:, -1] = base
        inverse = np.linalg.inv(sigma[np.ix_(seen, seen)])
        information += x.T @ inverse @ x
        moment += x.T @ inverse @ row[seen]
        quadratic += float(row[seen] @ inverse @ row[seen])
        logs += float(np.linalg.slogdet(sigma[np.ix_(seen, seen)])[1])
        answers += len(seen)
    spread = np.linalg.inv(information)
    beta = spread @ moment
    left = quadratic - float(moment @ beta) + logs + float(np.linalg.slogdet(information)[1])
    return -((answers - len(beta)) * np.log(2 * np.pi) + left) / 2, beta, spread


@pytest.mark.parametrize("seed", range(4))
def test_the_unstructured_fit_is_the_highest_point_of_the_textbook_likelihood(seed: int) -> None:
    change, arm, baseline = random_cohort(seed, 40, 3, 0.25)
    model = fit_mixed(change, arm, timepoints=names(3), baseline=baseline)
    height, beta, spread = textbook(change, arm, baseline, model.residual)
    assert model.reml_loglik == pytest.approx(height, abs=1e-6)
    found = difference(model, "t2").effect
    assert (found.estimate, found.se) == pytest.approx(
        (beta[5] - beta[2], (spread[5, 5] + spread[2, 2] - 2 * spread[5, 2]) ** 0.5), rel=1e-6
    )
    rng = np.random.default_rng(seed)
    for _ in range(30):
        step = rng.normal(0, 0.02, (3, 3))
        moved = (np.eye(3) + step) @ model.residual @ (np.eye(3) + step).T
        assert textbook(change, arm, baseline, moved)[0] < height


@pytest.mark.parametrize("seed", range(3))
def test_degrees_of_freedom_with_missing_answers_by_differences_of_the_textbook(seed: int) -> None:
    """2 v² / var(v): v and the likelihood as functions of two variances and a covariance, differentiated by hand."""
    change, arm, baseline = random_cohort(seed, 30, 2, 0.2)
    model = fit_mixed(change, arm, timepoints=names(2), baseline=baseline)
    start = model.residual[[0, 1, 1], [0, 0, 1]]
    steps = np.diag(1e-3 * np.diag(model.residual)[[0, 0, 1]])

    def likelihood(theta: FloatArray) -> float:
        return textbook(change, arm, baseline, np.array([[theta[0], theta[1]], [theta[1], theta[2]]]))[0]

    def variance(theta: FloatArray) -> float:
        spread = textbook(change, arm, baseline, np.array([[theta[0], theta[1]], [theta[1], theta[2]]]))[2]
        return float(spread[3, 3] + spread[1, 1] - 2 * spread[3, 1])

    slopes = [(variance(start + one) - variance(start - one)) / (2 * one.sum()) for one in steps]
    curvature = [
        [
            (
                likelihood(start + one + other)
                - likelihood(start + one - other)
                - likelihood(start - one + other)
                + likelihood(start - one - other)
            )
            / (4 * one.sum() * other.sum())
            for other in steps
        ]
        for one in steps
    ]
    uncertainty = float(np.array(slopes) @ np.linalg.solve(-np.array(curvature), np.array(slopes)))
    assert difference(model, "t1").effect.df == pytest.approx(2 * variance(start) ** 2 / uncertainty, rel=1e-3)


def test_two_visits_of_one_arm_are_the_paired_t_test_with_its_degrees_of_freedom() -> None:
    """Compound symmetry with one arm per visit: the difference of means is within patients, df n - 1."""
    change, _, _ = random_cohort(5, 20, 2)
    model = fit_mixed(change, ["all"] * 20, timepoints=names(2), covariance="compound_symmetry")
    first, second = (each.effect.estimate for each in model.means)
    assert first is not None
    assert second is not None
    peer = ttest_rel(change[:, 0], change[:, 1])
    variance = 2 * (model.residual[0, 0] - model.residual[0, 1]) / 20
    assert (first - second) / variance**0.5 == pytest.approx(peer.statistic, rel=1e-6)
    assert [each.effect.note for each in model.differences] == ["not estimable, because there is one arm only, all"] * 2


def test_the_scale_of_the_answers_does_not_matter() -> None:
    change, arm, baseline = random_cohort(2, 50, 3, 0.2)
    small = fit_mixed(change / 1e6, arm, timepoints=names(3), baseline=baseline / 1000)
    large = fit_mixed(change * 1e6, arm, timepoints=names(3), baseline=baseline * 1000)
    one, other = difference(small, "t1").effect, difference(large, "t1").effect
    assert one.p == pytest.approx(other.p, rel=1e-5)
    assert one.df == pytest.approx(other.df, rel=1e-4)


def test_a_timepoint_nobody_answered_says_so_and_the_others_stand() -> None:
    change, arm, baseline = random_cohort(1, 40, 3)
    change[:, 1] = np.nan
    model = fit_mixed(change, arm, timepoints=names(3), baseline=baseline)
    without = fit_mixed(change[:, [0, 2]], arm, timepoints=["t0", "t2"], baseline=baseline)
    assert difference(model, "t1").effect.note == "not estimable, because nobody answered at this timepoint"
    assert difference(model, "t1").effect.estimate is None
    assert difference(model, "t2").effect == difference(without, "t2").effect


def test_an_arm_of_one_has_no_difference() -> None:
    change, _, _ = random_cohort(1, 30, 2)
    model = fit_mixed(change, ["lonely", *["rest"] * 29], timepoints=names(2), reference="rest")
    assert difference(model, "t0").effect.note == "not estimable, because lonely has 1 answer at this timepoint"


def test_patients_without_a_baseline_are_counted() -> None:
    change, arm, baseline = random_cohort(1, 30, 2)
    baseline[:3] = np.nan
    change[3:5] = np.nan
    model = fit_mixed(change, arm, timepoints=names(2), baseline=baseline)
    assert model.left_out == {"no_baseline": 3, "no_follow_up": 2}
    assert model.n_patients == 25


REPEATED = random_cohort(3, 30, 2)[0][:, [0, 1, 1]]


@pytest.mark.parametrize(
    ("change", "structure", "words"),
    [
        (np.full((5, 2), np.nan), "unstructured", "nothing to model"),
        (np.empty((0, 2)), "unstructured", "nothing to model"),
        (random_cohort(1, 5, 4)[0], "unstructured", "Use compound_symmetry"),
        (np.tile([1.0, 2.0], (10, 1)), "unstructured", "do not vary"),
        (REPEATED, "unstructured", "not converge|follow from those"),
        (np.where(np.eye(8) > 0, 1.0 + np.arange(8), np.nan), "compound_symmetry", "Too few patients"),
        (np.array([[1.0, np.inf]] * 6), "unstructured", "infinite"),
    ],
)
def test_what_data_cannot_carry_is_refused(change: FloatArray, structure: Structure, words: str) -> None:
    arm = ["a" if place % 2 else "b" for place in range(len(change))]
    with pytest.raises(ModelError, match=words):
        fit_mixed(change, arm, timepoints=names(change.shape[1]), covariance=structure)


def test_a_search_that_does_not_end_is_named() -> None:
    """Answers that go against each other more than one correlation for all pairs allows."""
    rng = np.random.default_rng(9)
    change = rng.normal(0, 1, (12, 3))
    change -= 0.9 * change.mean(axis=1, keepdims=True)
    change[rng.random(change.shape) < 0.3] = np.nan
    with pytest.raises(ModelError, match=r"did not converge with compound_symmetry .* Use unstructured"):
        fit_mixed(change, ["a", "b"] * 6, timepoints=names(3), covariance="compound_symmetry")


def test_a_cohort_without_any_baseline_is_refused() -> None:
    with pytest.raises(ModelError, match="no patient has both"):
        fit_mixed(np.ones((3, 2)), list("abb"), timepoints=names(2), baseline=np.full(3, np.nan))


def test_a_baseline_all_patients_share_is_refused() -> None:
    change, arm, _ = random_cohort(1, 30, 2)
    with pytest.raises(ModelError, match="same baseline"):
        fit_mixed(change, arm, timepoints=names(2), baseline=np.full(30, 40.0))


def test_an_unknown_reference_names_the_arms() -> None:
    change, arm, _ = random_cohort(1, 30, 2)
    with pytest.raises(ModelError, match="active, control"):
        fit_mixed(change, arm, timepoints=names(2), reference="placebo")
