"""Estimates of an MCID: a worked set, and independent re-computation on random cohorts."""

import json
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, pearsonr, spearmanr, ttest_ind

from scoring.commands.columns import read_columns
from scoring.errors import CohortError
from scoring.mcid.anchor import judge_anchor
from scoring.mcid.bootstrap import Resampling
from scoring.mcid.cohort import Cohort
from scoring.mcid.predictive import fit
from scoring.mcid.roc import delong, roc
from scoring.mcid.table import ORDER, McidResult, estimate_mcid
from scoring.mcid.tally import tally
from scoring.types import FloatArray

PUBLISHED = Path(__file__).parents[1] / "published"
EXPECTED = json.loads((PUBLISHED / "mcid_expected.json").read_text(encoding="utf-8"))
BY_ANCHOR = EXPECTED["anchor_based"]["gpe_le_2"]
SPREAD = EXPECTED["distribution_based"]
FEW = Resampling(200)


def worked_cohort() -> Cohort:
    names = ("odi_baseline", "odi_month12", "gpe_month12")
    columns = read_columns(str(PUBLISHED / "mcid_input.csv"), numbers=names)
    baseline, follow_up, anchor = (columns.numbers[name] for name in names)
    return Cohort(baseline, follow_up, anchor, -1, frozenset((1.0, 2.0)), slightly=3.0, unchanged=4.0)


def cohort(change: list[float], anchor: list[float], *, slightly: float | None = 3.0) -> Cohort:
    """Patients who change by so much from a baseline that varies."""
    baseline = 100 + np.arange(len(change), dtype=np.float64) % 7
    return Cohort(
        baseline, baseline + np.array(change), np.array(anchor), 1, frozenset((1.0, 2.0)), slightly, unchanged=4.0
    )


@pytest.fixture(scope="module")
def worked() -> McidResult:
    return estimate_mcid(worked_cohort(), icc=SPREAD["icc_assumed"], reliability=0.7)


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("predictive", BY_ANCHOR["predictive_modelling"]["mic_predictive"]),
        ("adjusted_2017", BY_ANCHOR["predictive_modelling"]["mic_adjusted_2017"]),
        ("adjusted_2022", BY_ANCHOR["predictive_modelling"]["mic_improved_adjusted_2022_anchor_reliability_0.7"]),
        ("roc", BY_ANCHOR["roc_youden"]["cut_observed_ge"]),
        ("mean_change", EXPECTED["mean_change"]["mic_mean_change_slightly_improved"]),
        ("mean_difference", EXPECTED["mean_change"]["mic_mean_difference_slightly_improved_minus_no_change"]),
        ("half_sd", SPREAD["half_sd"]),
        ("fifth_sd", SPREAD["one_fifth_sd_small_effect"]),
        ("sem", SPREAD["sem"]),
        ("mdc95", SPREAD["mdc95_using_1_96"]),
        ("srm", SPREAD["srm"]),
        ("effect_size", SPREAD["effect_size_cohen_baseline_sd"]),
    ],
)
def test_the_worked_set_gives_the_reference_values(worked: McidResult, code: str, value: float) -> None:
    """Reference: R glm, pROC 1.18.0 and MiCT 2.0.0, and statsmodels (tests/published/mcid_expected.json)."""
    assert worked.estimate(code).value == pytest.approx(value, abs=1e-6)


def test_intervals_of_means_and_of_the_area_agree_with_the_reference(worked: McidResult) -> None:
    means = EXPECTED["mean_change"]
    assert worked.estimate("mean_change").interval == pytest.approx(means["ci95_t"], abs=1e-6)
    assert worked.estimate("mean_difference").interval == pytest.approx(means["welch_ci95"], abs=1e-6)
    assert worked.roc is not None
    assert worked.roc.auc == pytest.approx(BY_ANCHOR["roc_youden"]["auc"], abs=1e-6)
    assert worked.roc.auc_interval == pytest.approx(BY_ANCHOR["roc_youden"]["auc_ci95_delong_R_pROC"], abs=1e-6)
    assert worked.roc.sensitivity == pytest.approx(BY_ANCHOR["roc_youden"]["sensitivity"])
    assert worked.roc.specificity == pytest.approx(BY_ANCHOR["roc_youden"]["specificity"])
    assert worked.roc.midpoint == BY_ANCHOR["roc_youden"]["cut_midpoint"]


def test_bootstrap_intervals_lie_within_the_stated_tolerance(worked: McidResult) -> None:
    reference = BY_ANCHOR["bootstrap_percentile_ci95"]
    assert worked.estimate("roc").interval == pytest.approx(reference["roc_youden_cut_observed_ge"], abs=2)
    assert worked.estimate("predictive").interval == pytest.approx(reference["mic_predictive"], abs=1)
    assert worked.estimate("adjusted_2017").interval == pytest.approx(reference["mic_adjusted_2017"], abs=1)


def test_the_model_behind_the_estimates_agrees_with_the_reference(worked: McidResult) -> None:
    reference = BY_ANCHOR["predictive_modelling"]
    assert worked.model is not None
    assert worked.model.intercept[0] == pytest.approx(reference["intercept"], abs=1e-6)
    assert worked.model.slope[0] == pytest.approx(reference["slope"], abs=1e-6)
    assert worked.model.r[0] == pytest.approx(reference["point_biserial_r"], abs=1e-6)
    assert worked.model.sd[0] == pytest.approx(reference["sd_change"], abs=1e-6)


def test_the_anchor_is_judged_as_in_the_reference(worked: McidResult) -> None:
    reference = EXPECTED["anchor_correlation"]
    assert worked.anchor.r == pytest.approx(reference["spearman_change_vs_gpe"], abs=1e-6)
    assert worked.anchor.pearson == pytest.approx(reference["pearson"], abs=1e-6)
    assert worked.anchor.usable
    assert (worked.n, worked.estimate("half_sd").n) == (EXPECTED["n_complete"], EXPECTED["n_total"])


def test_a_seed_gives_the_same_interval_and_another_seed_another() -> None:
    first, again, other = (estimate_mcid(worked_cohort(), resampling=Resampling(300, seed)) for seed in (1, 1, 2))
    assert first.estimates == again.estimates
    assert first.estimate("predictive").interval != other.estimate("predictive").interval


cohorts = st.lists(
    st.tuples(st.integers(-30, 60).map(lambda points: points / 2), st.integers(1, 7)), min_size=12, max_size=60
)


def divided(patients: list[tuple[float, int]]) -> tuple[FloatArray, np.typing.NDArray[np.bool_]]:
    change, anchor = np.array(patients).T
    improved = anchor <= 2
    better, others = change[improved], change[~improved]
    assume(len(better) > 2 and len(others) > 2)
    assume(others.max() > better.min() and better.max() > others.min())  # neither side above the other
    return change, improved


@settings(deadline=None)
@given(cohorts)
def test_the_logistic_model_agrees_with_statsmodels(patients: list[tuple[float, int]]) -> None:
    change, improved = divided(patients)
    peer = sm.GLM(improved.astype(float), sm.add_constant(change), family=sm.families.Binomial()).fit(tol=1e-12)
    assume(np.abs(peer.params).max() < 1e3)
    ours = fit(tally(change, improved))
    assert [ours.intercept[0], ours.slope[0]] == pytest.approx(list(peer.params), rel=1e-5, abs=1e-6)
    assert ours.r[0] == pytest.approx(pearsonr(change, improved).statistic, abs=1e-9)
    assert ours.sd[0] == pytest.approx(change.std(ddof=1))


@settings(deadline=None)
@given(cohorts)
def test_the_cut_has_the_highest_sum_and_the_area_is_that_of_mann_whitney(patients: list[tuple[float, int]]) -> None:
    change, improved = divided(patients)
    found = roc(change, improved, tally(change, improved))
    sums = {cut: (change[improved] >= cut).mean() + (change[~improved] < cut).mean() - 1 for cut in np.unique(change)}
    assert found.youden == pytest.approx(max(sums.values()))
    assert found.youden == pytest.approx(sums[found.cut])
    better, others = change[improved], change[~improved]
    assert found.auc == pytest.approx(mannwhitneyu(better, others).statistic / (len(better) * len(others)))


@settings(deadline=None)
@given(cohorts)
def test_means_and_correlations_agree_with_scipy(patients: list[tuple[float, int]]) -> None:
    change, anchor = (list(map(float, values)) for values in zip(*patients, strict=True))
    assume(len(set(change)) > 1 and len(set(anchor)) > 1)
    slightly, same = ([c for c, a in zip(change, anchor, strict=True) if a == level] for level in (3, 4))
    assume(min(len(set(slightly)), len(set(same))) > 1)
    found = estimate_mcid(cohort(change, anchor), resampling=Resampling(100))
    peer = ttest_ind(slightly, same, equal_var=False).confidence_interval()
    assert found.estimate("mean_difference").interval == pytest.approx((peer.low, peer.high))
    assert found.anchor.r == pytest.approx(spearmanr(change, anchor).statistic)


def test_resamples_by_hand_give_the_bootstrap_interval() -> None:
    """The plain loop over resamples with statsmodels, same draws."""
    whole = worked_cohort()
    change, improved = whole.change, whole.is_improved
    random = np.random.default_rng(5)
    estimates = []
    for _ in range(100):
        rows = random.integers(0, len(change), len(change))
        share = improved[rows].mean()
        model = sm.Logit(improved[rows].astype(float), sm.add_constant(change[rows])).fit(disp=0)
        estimates.append((np.log(share / (1 - share)) - model.params[0]) / model.params[1])
    found = estimate_mcid(whole, resampling=Resampling(100, 5)).estimate("predictive").interval
    assert found == pytest.approx(np.percentile(estimates, [2.5, 97.5]), abs=1e-6)


@pytest.mark.parametrize(
    ("change", "anchor", "sentence"),
    [
        ([5, 1, 2, 8], [3, 4, 5, 3], "nobody gave an anchor answer that means improved (1, 2)"),
        ([5, 1, 2, 8], [1, 2, 2, 1], "everybody gave an anchor answer that means improved"),
        ([np.nan, np.nan], [1, 4], "nobody has both scores and the anchor"),
        ([9, 8, 1, 2], [1, 2, 4, 5], "without overlap"),
        ([9, 8, 8, 2], [1, 2, 4, 5], "without overlap"),
        ([3, 3, 3, 3], [1, 2, 4, 5], "everybody changed by the same amount"),
        ([1, 4, 2, 9, 5, 6], [1, 4, 1, 4, 2, 5], "did not change more"),
    ],
)
def test_what_cannot_be_estimated_says_why(change: list[float], anchor: list[float], sentence: str) -> None:
    found = estimate_mcid(cohort(change, anchor), reliability=0.8, resampling=FEW)
    for code in ("predictive", "adjusted_2017", "adjusted_2022"):
        estimate = found.estimate(code)
        assert (estimate.value, estimate.interval) == (None, None)
        assert estimate.note.startswith("not estimable, because ")
        assert sentence in estimate.note


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from([np.nan, -5.0, 0.0, 5.0, 10.0]), st.sampled_from([np.nan, 1.0, 3.0, 4.0])),
        min_size=1,
        max_size=8,
    )
)
def test_any_small_cohort_gives_figures_or_reasons_never_nan(patients: list[tuple[float, float]]) -> None:
    change, anchor = (list(values) for values in zip(*patients, strict=True))
    found = estimate_mcid(cohort(change, anchor), reliability=0.8, resampling=Resampling(100))
    assert [each.code for each in found.estimates] == list(ORDER)
    for each in found.estimates:
        numbers = [number for number in (each.value, *(each.interval or ())) if number is not None]
        assert np.isfinite(numbers).all()
        assert each.value is not None or each.note.startswith("not estimable, because ")


def test_a_change_that_tells_nothing_has_no_cut() -> None:
    estimate = estimate_mcid(cohort([3, 3, 3, 3], [1, 2, 4, 5]), resampling=FEW).estimate("roc")
    assert (estimate.value, estimate.note) == (
        None,
        "not estimable, because no cut tells the improved from the others.",
    )


def test_reliability_has_no_default() -> None:
    estimate = estimate_mcid(worked_cohort(), resampling=FEW).estimate("adjusted_2022")
    assert estimate.value is None
    assert "reliability of the anchor is not given" in estimate.note


def test_a_weak_anchor_is_said_beside_every_estimate_that_rests_on_it() -> None:
    random = np.random.default_rng(3)
    found = estimate_mcid(
        cohort(random.normal(size=200).round(1).tolist(), random.integers(1, 8, 200).tolist()), resampling=FEW
    )
    assert not found.anchor.usable
    assert "too weak" in found.anchor.note
    resting = [each for each in found.estimates if each.kind == "anchor" and each.value is not None]
    assert resting
    assert all("do not rely on it" in each.note for each in resting)


def test_an_anchor_that_follows_the_present_state_is_named() -> None:
    random = np.random.default_rng(4)
    baseline, follow_up = random.normal(50, 15, 200), random.normal(40, 15, 200)
    anchor = np.digitize(follow_up, [20, 30, 38, 45, 55, 65]).astype(np.float64) + 1
    judged = judge_anchor(Cohort(baseline, follow_up, anchor, -1, frozenset((1.0, 2.0))))
    assert judged.r_follow_up == pytest.approx(spearmanr(follow_up, anchor).statistic)
    assert judged.r_baseline == pytest.approx(spearmanr(baseline, anchor).statistic)
    assert "present state" in judged.note


def test_one_on_each_side_has_an_area_without_interval() -> None:
    assert delong(np.array([4.0, 1.0]), np.array([True, False])) == (1.0, None)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"icc": 1.0}, "ICC"),
        ({"icc": float("nan")}, "ICC"),
        ({"reliability": 0.0}, "reliability"),
        ({"reliability": 1.2}, "reliability"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float], sentence: str) -> None:
    with pytest.raises(CohortError, match=sentence):
        estimate_mcid(worked_cohort(), **wrong)  # type: ignore[arg-type]


def test_a_cohort_that_is_none_is_refused() -> None:
    with pytest.raises(CohortError, match="empty"):
        cohort([], [])
    with pytest.raises(CohortError, match="equal lengths"):
        Cohort(np.zeros(2), np.zeros(3), np.zeros(2), 1, frozenset((1.0,)))
    with pytest.raises(CohortError, match="cannot mean both"):
        cohort([1.0], [1.0], slightly=2.0)
    with pytest.raises(CohortError, match="count as improved"):
        Cohort(np.zeros(2), np.zeros(2), np.zeros(2), 1, frozenset())
    with pytest.raises(CohortError, match="resamples"):
        Resampling(10)
    with pytest.raises(CohortError, match="seed"):
        Resampling(seed=-1)
