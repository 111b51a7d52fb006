"""Adjusted analysis, subgroups and dose: statsmodels on random cohorts, printed examples, and their limits."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from scoring.covariates import adjusted_analysis
from scoring.dose_response import dose_response, trend_of_groups
from scoring.errors import ScoringError
from scoring.subgroups import banded, subgroup_table
from scoring.types import BoolArray, FloatArray, TextArray

NAN = float("nan")


def cohort(seed: int, n: int = 200) -> tuple[TextArray, FloatArray, TextArray, BoolArray]:
    """Arm, age, sex and response of n patients; response depends on arm and age."""
    rng = np.random.default_rng(seed)
    arm, age = np.array(["bmc", "usual"])[rng.integers(0, 2, n)], rng.normal(55, 12, n).round()
    sex = np.array(["f", "m"])[rng.integers(0, 2, n)]
    chance = 1 / (1 + np.exp(-((arm == "bmc") * 1.2 - 0.5 + (age - 55) / 30)))
    return arm, age, sex, rng.random(n) < chance


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_adjusted_model_agrees_with_statsmodels(seed: int) -> None:
    arm, age, sex, responded = cohort(seed)
    found = adjusted_analysis(np.ones(200, bool), responded, arm, "usual", {"age": age, "sex": sex})
    x = np.column_stack([np.ones(200), arm == "bmc", age, sex == "m"]).astype(float)
    full = sm.Logit(responded.astype(float), x).fit(disp=0)
    wide = sm.Logit(responded.astype(float), np.column_stack([x, x[:, 1] * x[:, 2]])).fit(disp=0, maxiter=100)
    assert [term.name for term in found.adjusted] == ["arm bmc", "age", "sex m"]
    assert [term.odds_ratio for term in found.adjusted] == pytest.approx(np.exp(full.params[1:]), rel=1e-5)
    assert [term.p for term in found.adjusted] == pytest.approx(full.pvalues[1:], rel=1e-3, abs=1e-9)
    assert found.interactions[0].p == pytest.approx(chi2.sf(2 * (wide.llf - full.llf), 1), abs=1e-5)


def test_the_unadjusted_odds_ratio_is_that_of_the_two_by_two_table() -> None:
    arm, age, sex, responded = cohort(1)
    found = adjusted_analysis(np.ones(200, bool), responded, arm, "usual", {"age": age, "sex": sex})
    a, b = (responded & (arm == "bmc")).sum(), (~responded & (arm == "bmc")).sum()
    c, d = (responded & (arm == "usual")).sum(), (~responded & (arm == "usual")).sum()
    assert found.unadjusted[0].odds_ratio == pytest.approx(a * d / (b * c))


def test_who_lacks_a_covariate_is_left_out_and_counted() -> None:
    arm, age, sex, responded = cohort(2)
    age[:10], sex[10:15] = NAN, ""
    evaluable = np.arange(200) < 190
    found = adjusted_analysis(evaluable, responded, arm, "usual", {"age": age, "sex": sex})
    assert (found.n, found.left_out) == (175, 15)


def test_a_model_that_cannot_be_fitted_says_why() -> None:
    arm, age, _, responded = cohort(3)
    apart = adjusted_analysis(np.ones(200, bool), responded, arm, "usual", {"other": responded.astype(float)})
    assert (apart.adjusted, "other separate" in apart.note) == ((), True)
    one = adjusted_analysis(np.ones(200, bool), responded, np.full(200, "usual"), "usual", {"age": age})
    assert "arm is constant" in one.note
    nobody = adjusted_analysis(np.zeros(200, bool), responded, arm, "usual", {"age": age})
    assert (nobody.n, "not estimable, because" in nobody.note) == (0, True)
    with pytest.raises(ScoringError, match="3 records for 200"):
        adjusted_analysis(np.ones(200, bool), responded, arm, "usual", {"age": age[:3]})


def test_subgroups_keep_their_counts_and_the_unknown() -> None:
    arm, _, sex, responded = cohort(4)
    sex[:7] = ""
    found = subgroup_table("sex", sex, arm, "bmc", "usual", np.ones(200, bool), responded)
    sizes = [row.comparison.treated.n + row.comparison.reference.n for row in found.rows]
    assert ([row.level for row in found.rows], sum(sizes), found.unknown) == (["f", "m"], 193, 7)
    x = np.column_stack([np.ones(200), arm == "bmc", sex == "m", (arm == "bmc") & (sex == "m")])[7:].astype(float)
    wide, narrow = (sm.Logit(responded[7:].astype(float), x[:, :k]).fit(disp=0).llf for k in (4, 3))
    assert found.interaction.p == pytest.approx(chi2.sf(2 * (wide - narrow), 1), abs=1e-6)


def test_a_subgroup_of_one_arm_is_a_row_that_says_so() -> None:
    arm, level = np.array(["a", "a", "b", "b", "a", "b"]), np.array(["x", "x", "x", "x", "y", ""])
    responded = np.array([True, False, True, False, True, True])
    found = subgroup_table("level", level, arm, "a", "b", np.ones(6, bool), responded)
    assert "nobody in the reference arm is evaluable" in found.rows[1].comparison.notes[0]
    assert (found.interaction.p, "not estimable, because" in found.interaction.note) == (None, True)


def test_ages_are_banded_at_named_cuts() -> None:
    assert banded(np.array([64.9, 65, NAN]), [65]).tolist() == ["1: below 65", "2: 65 and above", ""]
    with pytest.raises(ScoringError, match="ascending order"):
        banded(np.array([1.0]), [65, 50])


def test_the_trend_of_smokers() -> None:
    """R, example of prop.trend.test (Fleiss 1981): X-squared = 8.2249, p = 0.004132."""
    z = trend_of_groups([83, 90, 129, 70], [86, 93, 136, 82], [1, 2, 3, 4])
    assert z is not None
    assert z < 0
    assert z**2 == pytest.approx(8.2249, abs=5e-5)
    assert chi2.sf(z**2, 1) == pytest.approx(0.004132, abs=5e-7)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_dose_agrees_with_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    dose = rng.integers(1, 8, 150).astype(float)
    responded = rng.random(150) < 0.2 + dose / 15
    found = dose_response(dose, np.ones(150, bool), responded)
    counts = np.array([[(responded[dose == d] == r).sum() for r in (False, True)] for d in np.unique(dose)])
    table = sm.stats.Table(counts, shift_zeros=False)
    other = table.test_ordinal_association(row_scores=np.unique(dose), col_scores=np.array([0, 1]))
    assert found.trend_z == pytest.approx(other.zscore * (150 / 149) ** 0.5, rel=1e-6)  # theirs divides by n - 1
    model = sm.Logit(responded.astype(float), sm.add_constant(dose)).fit(disp=0)
    assert found.per_unit is not None
    assert found.per_unit.odds_ratio == pytest.approx(np.exp(model.params[1]), rel=1e-6)
    assert sum(group.proportion.n for group in found.groups) == 150
    assert all(one.high < two.low for one, two in zip(found.groups, found.groups[1:], strict=False))


def test_an_unknown_dose_is_not_0_and_one_dose_has_no_trend() -> None:
    found = dose_response(np.array([5, 5, 5, NAN]), np.ones(4, bool), np.array([True, False, True, True]))
    assert (found.n, found.unknown_dose, found.trend_z, found.per_unit) == (3, 1, None, None)
    assert "same dose" in found.notes[0]
    nobody = dose_response(np.array([NAN]), np.ones(1, bool), np.array([True]))
    assert (nobody.n, nobody.groups, nobody.trend_p) == (0, (), None)
    with pytest.raises(ScoringError, match="do not fit"):
        dose_response(np.array([1.0]), np.ones(2, bool), np.array([True]))
