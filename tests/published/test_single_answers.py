"""Instruments whose answer is their score: levels, ends and successes as the literature prints them."""

import numpy as np
import pytest

from scoring.instrument import find_instrument
from scoring.responder import NO, NOT_EVALUABLE, YES, Rule
from scoring.score import score_instrument


def test_gpe_runs_from_completely_recovered_to_worse_than_ever() -> None:
    """Austevoll et al. 2019; success is the first two."""
    names = find_instrument("gpe7").item("gpe").level_names
    assert names == (
        *("completely_recovered", "much_improved", "slightly_improved", "unchanged"),
        *("slightly_worse", "much_worse", "worse_than_ever"),
    )


def test_pgic_runs_from_very_much_improved_to_very_much_worse() -> None:
    """Farrar et al., Pain 2001;94:149-158."""
    names = find_instrument("pgic7").item("pgic").level_names
    assert names == (
        *("very_much_improved", "much_improved", "minimally_improved", "no_change"),
        *("minimally_worse", "much_worse", "very_much_worse"),
    )


@pytest.mark.parametrize(
    ("instrument", "item", "scale", "lowest", "highest", "direction"),
    [
        ("gpe7", "gpe", "gpe", 1, 7, "higher_is_worse"),
        ("pgic7", "pgic", "pgic", 1, 7, "higher_is_worse"),
        ("satisfaction", "satisfaction", "satisfaction", 1, 5, "higher_is_better"),
        ("improvement", "improvement", "improvement", -100, 100, "higher_is_better"),
        ("functionality_total", "total", "functionality", 0, 40, "higher_is_better"),
        ("opioids", "any_opioid", "any_opioid", 0, 1, "higher_is_worse"),
    ],
)
def test_the_answer_is_the_score_over_the_whole_range(
    instrument: str, item: str, scale: str, lowest: int, highest: int, direction: str
) -> None:
    levels = np.array([*range(lowest, highest + 1), np.nan])
    np.testing.assert_array_equal(score_instrument(instrument, {item: levels})[scale], levels)
    assert find_instrument(instrument).scale(scale).direction == direction


@pytest.mark.parametrize(
    ("rule", "verdicts"),
    [
        ("nrs_active change >= 2", (NO, YES, NOT_EVALUABLE)),
        ("nrs_active change >= 30%", (NO, YES, NO)),
    ],
)
def test_pain_responders_by_farrar(rule: str, verdicts: tuple[str, ...]) -> None:
    """Farrar et al., Pain 2001;94:149-158: 2 points or 30 %. Nobody falls by 2 from 1; from 1 to 1 is no fall."""
    found = Rule.parse(rule).classify(np.array([7.0, 6.0, 1.0]), np.array([6.0, 4.0, 1.0]))
    assert tuple(found.status) == verdicts


def test_two_case_reports_in_functionality() -> None:
    """Darrow et al. 2018: 33 to 39 and 17 to 34 of 40, recorded as totals."""
    totals = np.array([33.0, 39.0, 17.0, 34.0])
    scores = score_instrument("functionality_total", {"total": totals})["functionality"]
    assert [scores[1] - scores[0], scores[3] - scores[2]] == [6, 17]
