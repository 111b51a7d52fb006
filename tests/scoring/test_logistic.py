"""Logistic regression: a published fit, statsmodels on random cohorts, and what has no maximum."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.errors import ModelError
from scoring.logistic import fit_logistic

TEMPERATURE = [66, 70, 69, 68, 67, 72, 73, 70, 57, 63, 70, 78, 67, 53, 67, 75, 70, 81, 76, 79, 75, 76, 58.0]
DISTRESS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1]


def test_the_shuttle_flights() -> None:
    """Dalal, Fowlkes & Hoadley, JASA 1989;84:945-957: logit = 15.043 - 0.2322 temperature on 23 flights."""
    design = np.column_stack([np.ones(23), TEMPERATURE])
    fit = fit_logistic(design, np.array(DISTRESS, dtype=bool), ["constant", "temperature"])
    assert fit.coefficients == pytest.approx([15.0429, -0.2322], abs=5e-5)
    assert fit.errors == pytest.approx([7.3786, 0.1082], rel=1e-3)
    assert fit.log_likelihood == pytest.approx(-20.315 / 2, abs=1e-3)


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(40, 200), terms=st.integers(1, 4))
def test_random_cohorts_agree_with_statsmodels(seed: int, n: int, terms: int) -> None:
    rng = np.random.default_rng(seed)
    design = np.column_stack([np.ones(n), rng.normal(50, 10, (n, terms))])
    outcome = rng.random(n) < 1 / (1 + np.exp(-(design[:, 1] - 50) / 15))
    try:
        fit = fit_logistic(design, outcome, [f"x{at}" for at in range(terms + 1)])
    except ModelError:
        return
    other = sm.Logit(outcome.astype(float), design).fit(disp=0, method="newton", maxiter=100)
    assert fit.coefficients == pytest.approx(other.params, rel=1e-5, abs=1e-7)
    assert fit.errors == pytest.approx(other.bse, rel=1e-5)
    assert fit.log_likelihood == pytest.approx(other.llf, rel=1e-8)
    assert fit.p_values == pytest.approx(other.pvalues, rel=1e-3, abs=1e-8)
    assert fit.odds_ratio_intervals == pytest.approx(np.exp(other.conf_int()), rel=1e-3)


def design(*columns: list[float]) -> np.ndarray:
    return np.column_stack([np.ones(len(columns[0])), *columns])


@pytest.mark.parametrize(
    ("column", "outcome", "sentence"),
    [
        ([1, 2, 3, 4, 5, 6], [0, 0, 0, 1, 1, 1], "x separate"),
        ([0, 0, 0, 1, 1, 1], [0, 1, 0, 1, 1, 1], "x separate"),
        ([1, 2, 3, 3, 4, 5], [0, 0, 0, 1, 1, 1], "x separate"),
        ([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1], "everybody of 6 has the outcome"),
        ([1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, 0], "nobody of 6 has the outcome"),
        ([2, 2, 2, 2, 2, 2], [0, 1, 0, 1, 0, 1], "x is constant or follows from other terms"),
        ([0, 0, 0, 0, 0, 0], [0, 1, 0, 1, 0, 1], "x is constant"),
        ([1, 2, 3, 4, 5, np.nan], [0, 1, 0, 1, 0, 1], "missing or infinite"),
        ([1, 2], [0, 1], "2 records are too few for 2 terms"),
        ([1, 2, 3], [0, 1], "do not fit"),
    ],
)
def test_what_has_no_maximum_is_refused_by_name(column: list[float], outcome: list[int], sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        fit_logistic(design(column), np.array(outcome, dtype=bool), ["constant", "x"])


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=4, max_size=25))
def test_separation_is_found_exactly_where_the_classes_do_not_overlap(rows: list[tuple[int, bool]]) -> None:
    """One covariate separates just where the ranges of the two classes touch at one point or not at all."""
    x, y = np.array([float(row[0]) for row in rows]), np.array([row[1] for row in rows])
    if y.all() or not y.any() or np.ptp(x) == 0:
        return
    apart = x[y].min() >= x[~y].max() or x[~y].min() >= x[y].max()
    if apart:
        with pytest.raises(ModelError, match="separate"):
            fit_logistic(design(x.tolist()), y, ["constant", "x"])
    else:
        fit_logistic(design(x.tolist()), y, ["constant", "x"])
