"""Presets, four states of change, and how a rate hangs on its threshold."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.errors import RuleError, ScoringError
from scoring.individual import Amount, Change, IndividualChange, count_states
from scoring.instrument import find_scale
from scoring.presets import presets
from scoring.proportions import wilson
from scoring.sensitivity import amounts_up_to, common_sections, preset_table, threshold_curve
from tests.scoring.cohort import scores

NAN = float("nan")


@pytest.mark.parametrize(
    ("scale", "value_set", "rules"),
    [
        ("odi", None, ["10", "30%", "12.8", "15", "18"]),
        ("nrs_active", None, ["2", "30%", "50%"]),
        ("nrs_back", None, ["2", "30%", "50%", "2.7"]),
        ("nrs_leg", None, ["2", "30%", "50%", "3.2"]),
        ("eq5d3l_index", "UK_TTO", ["0.03", "0.08", "0.1"]),
        ("eq_vas", None, ["10.5"]),
        ("functionality", None, []),
    ],
)
def test_presets_are_the_published_thresholds(scale: str, value_set: str | None, rules: list[str]) -> None:
    """Ostelo, Copay, Farrar and IMMPACT 2008, Soer 2012, Parai and Suzuki 2020; none for functionality."""
    named = f"{scale}[{value_set}]" if value_set else scale
    assert [each.rule.text for each in presets(scale, value_set)] == [f"{named} change >= {rule}" for rule in rules]


def test_a_preset_prints_its_source_and_an_index_needs_its_value_set() -> None:
    assert presets("odi")[4].text == "odi change >= 18 (Parai et al. 2020, Swespine; lumbar spine surgery, n = 98,732)"
    with pytest.raises(RuleError, match="names its value set"):
        presets("eq5d3l_index")
    with pytest.raises(ScoringError, match="knee"):
        presets("knee")


MIC, SDC = (Amount.of(each) for each in find_scale("nrs_back").thresholds if each.role != "responder")
BACK = IndividualChange("nrs_back", MIC, SDC, worse=Amount(Decimal(2), "a clinic's own"))


@pytest.mark.parametrize(
    ("before", "after", "state"),
    [
        (8, 4, Change.BETTER),
        (8, 5, Change.BETTER_OR_ERROR),
        (8, 6, Change.UNCLEAR),
        (8, 8, Change.UNCLEAR),
        (5, 6, Change.UNCLEAR),
        (5, 7, Change.WORSE),
        (NAN, 7, Change.UNKNOWN),
        (5, NAN, Change.UNKNOWN),
    ],
)
def test_four_states_with_the_values_of_parai(before: float, after: float, state: Change) -> None:
    """Parai et al. 2020: NRS back MIC 2.7, SDC 3.6."""
    assert BACK.states(np.array([before]), np.array([after])).tolist() == [state]


def test_a_change_on_the_threshold_is_in_the_better_state_and_a_small_sdc_does_not_widen_it() -> None:
    odi = IndividualChange("odi", *(Amount(Decimal(text), "source") for text in ("10", "4", "10")))
    found = odi.states(np.array([46.0, 46.0, 46.0, 36.0]), np.array([36.0, 41.0, 36.1, 46.0])).tolist()
    assert found == [Change.BETTER, Change.UNCLEAR, Change.UNCLEAR, Change.WORSE]
    assert odi.text == "odi: MIC 10 (source), SDC 4 (source), worse by 10 (source)"


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=1, max_size=30))
def test_every_patient_is_in_one_state(pairs: list[tuple[int, int]]) -> None:
    before, after = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    counted = count_states(BACK.states(before, after))
    assert sum(counted.values()) == len(pairs)
    assert counted[Change.BETTER] == sum(10 * (b - a) >= 36 for b, a in pairs)
    assert counted[Change.WORSE] == sum(a - b >= 2 for b, a in pairs)


def test_an_amount_needs_a_source_and_a_size() -> None:
    with pytest.raises(RuleError, match="needs its source"):
        Amount(Decimal(2), " ")
    for value in ("0", "-1", "NaN", "Infinity"):
        with pytest.raises(RuleError, match="no amount of change"):
            Amount(Decimal(value), "source")
    with pytest.raises(RuleError, match="not in per cent"):
        Amount.of(find_scale("odi").thresholds[1])
    with pytest.raises(RuleError, match="Nobody can change by 11"):
        IndividualChange("nrs_back", MIC, SDC, worse=Amount(Decimal(11), "source"))


def test_one_cohort_under_every_preset() -> None:
    """At 10 points the worked cohort has 102 + 40 responders of 282 (tests/published/mcid_expected.json)."""
    cohort = scores()
    rows = {row.preset.rule.text: row for row in preset_table("odi", cohort.baseline, cohort.follow_up)}
    assert len(rows) == 5
    ten, eighteen = rows["odi change >= 10"], rows["odi change >= 18"]
    assert (ten.proportion.responders, ten.proportion.n, ten.no_follow_up) == (142, 282, 18)
    own = (cohort.baseline - cohort.follow_up >= 18) & (cohort.baseline >= 18)
    assert (eighteen.proportion.responders, eighteen.unattainable) == (own.sum(), (cohort.baseline < 18).sum())
    with pytest.raises(ScoringError, match="No threshold is published for functionality"):
        preset_table("functionality", cohort.baseline, cohort.follow_up)


def test_the_rate_falls_as_the_threshold_rises() -> None:
    cohort = scores()
    amounts = amounts_up_to("odi", Decimal(40), Decimal("2.5"))
    curve = threshold_curve("odi", cohort.baseline, cohort.follow_up, amounts)
    change, seen = cohort.baseline - cohort.follow_up, np.isfinite(cohort.follow_up)
    for at, amount in enumerate(curve.amount):
        able = seen & (cohort.baseline >= amount)
        k, n = int((change[able] >= amount).sum()), int(able.sum())
        assert (curve.n[at], curve.rate[at]) == (n, pytest.approx(k / n))
        assert (curve.low[at], curve.high[at]) == pytest.approx(wilson(k, n))
    assert len(amounts) == 16


def test_a_curve_over_nobody_is_empty_rather_than_0() -> None:
    curve = threshold_curve("odi", np.array([50.0]), np.array([NAN]), [Decimal(10)])
    assert (curve.n[0], np.isnan(curve.rate[0]), np.isnan(curve.low[0])) == (0, True, True)
    with pytest.raises(ScoringError, match="Amounts of odi lie above 0 and up to 100"):
        amounts_up_to("odi", Decimal(101), Decimal(1))


def test_only_sections_common_to_both_visits_are_compared() -> None:
    first, second = np.full((3, 10), 2.0), np.full((3, 10), 2.0)
    first[0, 0], second[0, 7] = 5, NAN  # section 8 missing at follow-up: 23 of 45 against 18 of 45
    second[0, 0] = 2
    first[0, 7] = 0
    first[1, 3], second[1, 4] = NAN, NAN  # one missing at each visit, not the same: eight in common
    second[2, :2] = NAN  # two missing: no score, as at any visit
    before, after = common_sections(first, second)
    np.testing.assert_allclose(before, [100 * 21 / 45, 40, NAN])
    np.testing.assert_allclose(after, [100 * 18 / 45, 40, NAN])
    with pytest.raises(ScoringError, match="same patients"):
        common_sections(first, second[:2])
