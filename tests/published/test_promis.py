"""PROMIS Global Health v1.2 against its published conversion table.

Physical: Hays, "Steps to produce raw score to theta estimates for Global Physical Health items", 19 June 2009; mental:
the same for the mental items, 22 June 2009 (PROMIS wave 1, n = 21,133; Hays et al., Qual Life Res 2009;18:873-880).
The second gives T 21.1 at a raw total of 4; the scoring manual and `promis_gh_tscores.csv` give 21.2, which is used.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from scoring.score import score_instrument

TABLE = Path(__file__).parent / "promis_gh_tscores.csv"
# T and standard error by raw total from 4 to 20
PHYSICAL = """
16.2 4.8  19.9 4.7  23.5 4.5  26.7 4.3  29.6 4.2  32.4 4.2  34.9 4.1  37.4 4.1  39.8 4.1  42.3 4.2  44.9 4.3  47.7 4.4
50.8 4.6  54.1 4.7  57.7 4.9  61.9 5.2  67.7 5.9
"""
MENTAL = """
21.2 4.6  25.1 4.1  28.4 3.9  31.3 3.7  33.8 3.7  36.3 3.7  38.8 3.6  41.1 3.6  43.5 3.6  45.8 3.6  48.3 3.7  50.8 3.7
53.3 3.7  56.0 3.8  59.0 3.9  62.5 4.2  67.6 5.3
"""
PAIN_WITH = {5: 0, 4: 2, 3: 5, 2: 8, 1: 10}  # an answer 0 to 10 that counts so many points


def answered(**levels: float) -> dict[str, np.ndarray]:
    """One record: 3 everywhere and pain 5, but for what is named."""
    usual = {f"global{number:02d}": 3.0 for number in range(1, 11)} | {"global07": 5.0}
    return {code: np.array([float(level)]) for code, level in (usual | levels).items()}


def four(total: int) -> list[int]:
    """Four levels of 1 to 5 with a total of 4 to 20."""
    low, rest = divmod(total, 4)
    return [low + (place < rest) for place in range(4)]


def scored(total: int) -> dict[str, float]:
    """Scores of a record whose physical and mental raw totals are both this."""
    levels = four(total)
    physical = dict(zip(("global03", "global06", "global08"), levels, strict=False))
    mental = dict(zip(("global02", "global04", "global05", "global10"), levels, strict=True))
    record = answered(**physical, **mental, global07=PAIN_WITH[levels[3]])
    return {scale: float(values[0]) for scale, values in score_instrument("promis_gh", record).items()}


@pytest.mark.parametrize(("name", "published"), [("gph", PHYSICAL), ("gmh", MENTAL)])
def test_every_raw_total_has_its_published_t_and_standard_error(name: str, published: str) -> None:
    pairs = np.array(published.split(), dtype=float).reshape(-1, 2)
    for total, (t, se) in zip(range(4, 21), pairs, strict=True):
        found = scored(total)
        assert (found[f"{name}_raw"], found[f"{name}_t"], found[f"{name}_se"]) == (total, t, se)


def test_the_table_that_was_handed_over_says_the_same() -> None:
    with TABLE.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found = scored(int(row["raw"]))
            assert {name: found[name] for name in ("gph_t", "gph_se", "gmh_t", "gmh_se")} == {
                name: float(value) for name, value in row.items() if name != "raw"
            }


@pytest.mark.parametrize(
    ("pain", "points"), [(0, 5), (1, 4), (2, 4), (3, 4), (4, 3), (5, 3), (6, 3), (7, 2), (8, 2), (9, 2), (10, 1)]
)
def test_pain_is_recoded_as_the_scoring_manual_says(pain: int, points: int) -> None:
    assert score_instrument("promis_gh", answered(global07=pain))["gph_raw"][0] == 9 + points


def test_15_physical_points_are_47_7_and_14_mental_points_48_3() -> None:
    assert (scored(15)["gph_t"], scored(14)["gmh_t"]) == (47.7, 48.3)


def test_fatigue_and_emotional_problems_are_not_reversed_again() -> None:
    """Version 1.2 stores 5 as the best answer of both; versions 1.0 and 1.1 stored 1."""
    best = score_instrument("promis_gh", answered(global08=5, global10=5))
    assert (best["gph_raw"][0], best["gmh_raw"][0]) == (14, 14)


@pytest.mark.parametrize("code", ["global01", "global09"])
def test_general_health_and_social_roles_are_in_neither_sum(code: str) -> None:
    low, high = (score_instrument("promis_gh", answered(**{code: level})) for level in (1, 5))
    assert {scale: values[0] for scale, values in low.items()} == {scale: values[0] for scale, values in high.items()}


@pytest.mark.parametrize(
    ("code", "missing"),
    [(f"global{n:02d}", "gph") for n in (3, 6, 7, 8)] + [(f"global{n:02d}", "gmh") for n in (2, 4, 5, 10)],
)
def test_all_four_items_are_needed_and_the_other_summary_stays(code: str, missing: str) -> None:
    scores = score_instrument("promis_gh", answered(**{code: float("nan")}))
    for scale, values in scores.items():
        assert np.isnan(values[0]) == scale.startswith(missing)
