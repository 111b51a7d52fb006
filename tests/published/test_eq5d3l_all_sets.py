"""All 44 EQ-5D-3L value sets worked out a second time, state by state, from their rules in words.

`eq5d3l_value_sets.json` is the reference file as it was handed over: coefficients with a sentence for each rule,
compiled from the publications it cites. Nothing here uses the project's own reading of it.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring.eq5d import attainable, eq5d3l_index, index_change
from scoring.errors import ValueSetError
from scoring.value_sets import Quality, find_value_set, load_value_sets

REFERENCE = json.loads((Path(__file__).parent / "eq5d3l_value_sets.json").read_text(encoding="utf-8"))
SETS: dict[str, dict[str, Any]] = {entry["id"]: entry for entry in REFERENCE["value_sets"]}
STATES = ["".join(state) for state in product("123", repeat=5)]
PAIR = re.compile(r"added when (\w\w) is at level (\d) and (\w\w) is at level (\d)")

# each sentence of the reference file, as a function of the state's five digits
SENTENCES: Mapping[str, Callable[[str], int]] = {
    "number of dimensions not at level 1, minus 1 (floor 0)": lambda s: max(len(s.replace("1", "")) - 1, 0),
    "number of dimensions at level 3, minus 1 (floor 0)": lambda s: max(s.count("3") - 1, 0),
    "number of dimensions at level 2, minus 1 (floor 0)": lambda s: max(s.count("2") - 1, 0),
    "square of I2 (I2 = number of dimensions at level 2 minus 1, floor 0)": lambda s: max(s.count("2") - 1, 0) ** 2,
    "square of I3 (I3 = number of dimensions at level 3 minus 1, floor 0)": lambda s: max(s.count("3") - 1, 0) ** 2,
    "1 if every dimension is at level 1 or 2 and at least one is at level 2, else 0": lambda s: int(max(s) == "2"),
    "1 if every dimension is at level 1 or 3 and at least one is at level 3, else 0": lambda s: int(
        set(s) <= {"1", "3"} and "3" in s
    ),
    "1 if at least one dimension is at level 2 AND at least one at level 3, else 0": lambda s: int(
        {"2", "3"} <= set(s)
    ),
    "if any dimension is at level 3: number of dimensions at level 2; else 0": lambda s: s.count("2") * ("3" in s),
    "square of the number of dimensions at level 2": lambda s: s.count("2") ** 2,
    "square of the number of dimensions at level 3": lambda s: s.count("3") ** 2,
    "1 if no dimension is at level 1 (all at 2 or 3), else 0": lambda s: int("1" not in s),
}


def term(sentence: str, state: str) -> int:
    pair = PAIR.fullmatch(sentence)
    if pair is None:
        return SENTENCES[sentence](state)
    levels = dict(zip(("MO", "SC", "UA", "PD", "AD"), state, strict=True))
    return int(levels[pair[1]] == pair[2] and levels[pair[3]] == pair[4])


def by_hand(entry: dict[str, Any], state: str) -> float:
    if state in (entry.get("overrides") or {}):
        return float(entry["overrides"][state])
    parts = [
        entry["levels"][d][level]
        for d, level in zip(("MO", "SC", "UA", "PD", "AD"), state, strict=True)
        if level != "1"
    ]
    parts += [entry["constant_any_not_1"] or 0] if state != "11111" and entry["constant_any_not_1"] is not None else []
    parts += [entry["N3_any_at_3"]] if "3" in state and entry["N3_any_at_3"] is not None else []
    if entry["model"] == "multiplicative":
        return float(math.prod([entry["full_health"], *parts]))
    extra = [each["coefficient"] * term(each["rule"], state) for each in entry["extra_terms"]]
    return math.fsum([entry["full_health"], *parts, *extra])


def test_there_are_44_sets_and_no_other() -> None:
    assert len(SETS) == 44
    assert set(load_value_sets()) == set(SETS)


@pytest.mark.parametrize("value_set", sorted(SETS))
def test_every_state_of_every_set_is_what_its_rules_in_words_give(value_set: str) -> None:
    levels = np.array([[float(digit) for digit in state] for state in STATES])
    computed = eq5d3l_index(levels, value_set=value_set, force=True)
    expected = [by_hand(SETS[value_set], state) for state in STATES]
    np.testing.assert_allclose(computed, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("value_set", sorted(SETS))
def test_every_set_says_method_source_doi_and_quality(value_set: str) -> None:
    stored, entry = load_value_sets()[value_set], SETS[value_set]
    assert stored.method == entry["method"] in ("TTO", "VAS")
    assert stored.citation == entry["source"]["citation"]
    assert stored.doi == entry["source"]["doi"]
    assert stored.verification == entry["verification"]
    assert bool(stored.caution) == (stored.quality is not Quality.AGREED)


def test_flagged_sets_are_those_that_packages_do_not_all_bear_out() -> None:
    flags = {
        quality: {each.id for each in load_value_sets().values() if each.quality is quality} for quality in Quality
    }
    assert flags[Quality.CONTRADICTED] == {"Iran_VAS"}
    assert flags[Quality.SINGLE_SOURCE] == {"Ecuador_TTO", "Russia_TTO"}
    differing = {"Argentina_TTO", "Germany_TTO", "Sweden_TTO", "Jordan_TTO", "SriLanka_TTO"}
    assert differing <= flags[Quality.DIFFERS]
    assert "UK_TTO" in flags[Quality.AGREED]


def test_no_set_is_chosen_for_anyone_and_the_contradicted_one_needs_force() -> None:
    with pytest.raises(ValueSetError, match="no default country"):
        find_value_set(None)
    with pytest.raises(ValueSetError, match="Iran_VAS is refused"):
        eq5d3l_index(np.ones((1, 5)), value_set="Iran_VAS")
    assert find_value_set("Iran_VAS", force=True).quality is Quality.CONTRADICTED


def test_the_two_american_variants_are_two_sets() -> None:
    """22222 is 0.597 by the unrounded coefficients of Shaw 2005 and 0.594 by those of three decimals."""
    twos = np.full((1, 5), 2.0)
    indices = [eq5d3l_index(twos, value_set=each)[0] for each in ("USA_TTO", "USA_TTO_rounded3")]
    assert [round(float(index), 3) for index in indices] == [0.597, 0.594]
    assert attainable("USA_TTO") != attainable("USA_TTO_rounded3")


def test_a_change_across_two_value_sets_is_refused() -> None:
    before, after = np.array([0.5, np.nan]), np.array([0.7, 0.7])
    same = index_change(before, after, baseline_set="UK_TTO", follow_up_set="UK_TTO")
    np.testing.assert_allclose(same, [0.2, np.nan])
    for other in ("UK_VAS", None):
        with pytest.raises(ValueSetError, match="value set"):
            index_change(before, after, baseline_set="UK_TTO", follow_up_set=other)
    with pytest.raises(ValueSetError, match="by USA_TTO and the follow-up by USA_TTO_rounded3"):
        index_change(before, after, baseline_set="USA_TTO", follow_up_set="USA_TTO_rounded3")
