"""Two proportions: printed examples, and statsmodels and SciPy on random tables."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency
from scipy.stats.contingency import odds_ratio, relative_risk
from statsmodels.stats.proportion import confint_proportions_2indep

from scoring.errors import ScoringError
from scoring.two_arms import Proportion, compare, newcombe

CELLS = st.tuples(st.integers(1, 60), st.integers(1, 60))


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_the_table_of_newcombe(first: tuple[int, int], second: tuple[int, int], low: float, high: float) -> None:
    """Newcombe, Stat Med 1998;17:873-890, table II, method 10."""
    assert newcombe(Proportion(*first), Proportion(*second)) == pytest.approx((low, high), abs=5e-5)


def test_a_number_needed_to_treat_whose_difference_crosses_0_has_no_ordinary_interval() -> None:
    """Altman, BMJ 1998;317:1309: where the difference's interval includes 0, that of the NNT includes infinity."""
    found = compare(Proportion(11, 40), Proportion(9, 40))
    assert found.nnt == pytest.approx(20)
    assert found.nnt_ci is None
    assert any("the interval of the difference includes 0" in note for note in found.notes)


def test_harm_has_a_negative_number_and_a_negative_interval() -> None:
    better, worse = compare(Proportion(30, 40), Proportion(10, 40)), compare(Proportion(10, 40), Proportion(30, 40))
    assert better.nnt_ci is not None
    assert worse.nnt == -2
    assert worse.nnt_ci == pytest.approx((-better.nnt_ci[1], -better.nnt_ci[0]))
    assert "needed to harm" in worse.notes[0]


@settings(deadline=None)
@given(treated=CELLS, reference=CELLS)
def test_ratios_and_tests_agree_with_scipy(treated: tuple[int, int], reference: tuple[int, int]) -> None:
    (a, b), (c, d) = treated, reference
    found = compare(Proportion(a, a + b), Proportion(c, c + d))
    risk, odds = relative_risk(a, a + b, c, c + d), odds_ratio(np.array([[a, b], [c, d]]), kind="sample")
    assert found.risk_ratio == pytest.approx(risk.relative_risk)
    assert found.risk_ratio_ci == pytest.approx(tuple(risk.confidence_interval()))
    assert found.odds_ratio == pytest.approx(odds.statistic)
    assert found.odds_ratio_ci == pytest.approx(tuple(odds.confidence_interval()))
    square = chi2_contingency(np.array([[a, b], [c, d]]), correction=False)
    assert found.chi2_p == pytest.approx(square.pvalue)


@settings(deadline=None)
@given(treated=CELLS, reference=CELLS)
def test_the_difference_agrees_with_statsmodels(treated: tuple[int, int], reference: tuple[int, int]) -> None:
    (a, b), (c, d) = treated, reference
    found = compare(Proportion(a, a + b), Proportion(c, c + d))
    assert found.newcombe == pytest.approx(confint_proportions_2indep(a, a + b, c, c + d, method="newcomb"))


@settings(deadline=None)
@given(
    first=st.tuples(st.integers(0, 20), st.integers(0, 20)), second=st.tuples(st.integers(0, 20), st.integers(0, 20))
)
def test_every_figure_is_there_or_a_note_says_why(first: tuple[int, int], second: tuple[int, int]) -> None:
    found = compare(Proportion(first[0], sum(first)), Proportion(second[0], sum(second)))
    figures = (found.nnt_ci, found.risk_ratio_ci, found.odds_ratio, found.chi2_p, found.risk_difference)
    assert any("not estimable, because" in note for note in found.notes) == (None in figures)
    if found.newcombe is not None and found.risk_difference is not None:
        assert -1 <= found.newcombe[0] <= found.risk_difference + 1e-12
        assert found.risk_difference - 1e-12 <= found.newcombe[1] <= 1 + 1e-12


def test_an_empty_arm_compares_with_nothing() -> None:
    found = compare(Proportion(3, 5), Proportion(0, 0))
    assert (found.risk_difference, found.newcombe, found.fisher_p) == (None, None, None)
    assert found.notes == ("comparison: not estimable, because nobody in the reference arm is evaluable",)


def test_more_responders_than_patients_are_refused() -> None:
    with pytest.raises(ScoringError, match="6 of 5 is no proportion"):
        Proportion(6, 5)
