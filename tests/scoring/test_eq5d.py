"""EQ-5D-3L: bounds, direction and missing answers, in every value set."""

from itertools import product

import numpy as np
import pytest

from scoring.eq5d import STATES, eq5d3l_index, state_index, state_indices
from scoring.instrument import find_scale
from scoring.value_sets import load_value_sets

SETS = load_value_sets()
PLAIN = sorted(each.id for each in SETS.values() if not each.pairs and not each.counts and not each.overrides)


@pytest.mark.parametrize("value_set", sorted(SETS))
def test_every_index_lies_on_the_scale_and_full_health_is_its_top(value_set: str) -> None:
    indices, scale = state_indices(SETS[value_set]), find_scale("eq5d3l_index")
    assert scale.minimum <= min(indices) < 0.5
    assert max(indices) == indices[0] == SETS[value_set].full_health <= scale.maximum


@pytest.mark.parametrize("value_set", sorted(SETS))
def test_any_dimension_missing_gives_no_index_and_never_0(value_set: str) -> None:
    levels = np.full((5, 5), 2.0)
    np.fill_diagonal(levels, np.nan)
    assert np.isnan(eq5d3l_index(levels, value_set=value_set, force=True)).all()


@pytest.mark.parametrize("value_set", PLAIN)
def test_a_worse_level_never_raises_the_index(value_set: str) -> None:
    """Of sets with interaction terms this cannot be asked: by Sri Lanka's a few worse states are valued higher."""
    chosen = SETS[value_set]
    for state, place in product(STATES, range(5)):
        if state[place] < 3:
            worse = np.array(state, dtype=float)
            worse[place] += 1
            assert eq5d3l_index(worse[None], value_set=value_set)[0] <= state_index(chosen, state) + 1e-12
