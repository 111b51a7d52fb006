"""EQ-5D-3L: profile and index. The index of each of the 243 states is worked out once per value set."""

from functools import cache
from itertools import product

import numpy as np

from scoring.errors import ValueSetError
from scoring.types import FloatArray
from scoring.value_sets import CountTerm, ValueSet, find_value_set

State = tuple[int, int, int, int, int]
STATES: tuple[State, ...] = tuple(product((1, 2, 3), repeat=5))  # type: ignore[arg-type]


def _count(name: str, state: State) -> int:
    """Value of a published count term; each name is defined in ``value_sets/eq5d3l.json``."""
    ones, twos, threes = (state.count(level) for level in (1, 2, 3))
    beyond = {level: max(0, count - 1) for level, count in ((2, twos), (3, threes))}
    return {
        "D1": max(0, twos + threes - 1),
        "I2": beyond[2],
        "I2square": beyond[2] ** 2,
        "I3": beyond[3],
        "I3square": beyond[3] ** 2,
        "O2": int(threes == 0 and twos > 0),
        "O3": int(twos == 0 and threes > 0),
        "Z2": int(twos > 0 and threes > 0),
        "Z3": twos if threes else 0,
        "C2square": twos**2,
        "C3square": threes**2,
        "X5": int(ones == 0),
    }[name]


def _terms(chosen: ValueSet, state: State) -> list[float]:
    """Everything that applies to a state besides full health."""
    terms = [by_level[level - 1] for by_level, level in zip(chosen.levels, state, strict=True)]
    if chosen.not_full is not None and set(state) != {1}:
        terms.append(chosen.not_full)
    if chosen.any_at_3 is not None and 3 in state:
        terms.append(chosen.any_at_3)
    return terms


def _extra(chosen: ValueSet, state: State) -> float:
    def applies(place: tuple[int, int]) -> bool:
        return state[place[0]] == place[1]

    def counted(term: CountTerm) -> float:
        return term.coefficient * _count(term.name, state)

    pairs = (pair.coefficient for pair in chosen.pairs if applies(pair.first) and applies(pair.second))
    return sum(pairs) + sum(counted(term) for term in chosen.counts)


def state_index(chosen: ValueSet, state: State) -> float:
    """Index of one state, unrounded."""
    override = chosen.overrides.get("".join(map(str, state)))
    if override is not None:
        return override
    if chosen.multiplicative:
        return chosen.full_health * float(np.prod(_terms(chosen, state)))
    return chosen.full_health + sum(_terms(chosen, state)) + _extra(chosen, state)


def state_indices(chosen: ValueSet) -> list[float]:
    """Index of each of the 243 states in the order of ``STATES``, unrounded."""
    return [state_index(chosen, state) for state in STATES]


@cache
def _table(value_set: str) -> FloatArray:
    """Index of the 243 states in the order of ``STATES``, then NaN for "a dimension is missing"."""
    chosen = find_value_set(value_set, force=True)
    table = np.array([*state_indices(chosen), np.nan])
    table.setflags(write=False)
    return table


def attainable(value_set: str | None) -> tuple[float, float]:
    """Lowest and highest index that a value set can give; the highest is not 1 in every set."""
    table = _table(find_value_set(value_set).id)
    return float(np.nanmin(table)), float(np.nanmax(table))


def eq5d3l_profile(levels: FloatArray) -> FloatArray:
    """Five digits as one number, 11111 best to 33333 worst.

    ``levels``: shape (n, 5) in the order mobility, self-care, usual activities, pain, anxiety; each
    1 to 3, NaN where unanswered. Any dimension missing gives NaN.
    """
    profile: FloatArray = levels @ np.array([10000.0, 1000.0, 100.0, 10.0, 1.0])
    return profile


def eq5d3l_index(levels: FloatArray, *, value_set: str | None, force: bool = False) -> FloatArray:
    """EQ-5D-3L index by a named value set, unrounded; 1 is full health, below 0 worse than dead.

    ``levels`` as in ``eq5d3l_profile``. Any dimension missing gives NaN: EuroQol does not impute.
    """
    table = _table(find_value_set(value_set, force=force).id)
    place = (levels - 1) @ np.array([81.0, 27.0, 9.0, 3.0, 1.0])
    index: FloatArray = table[np.where(np.isnan(place), len(STATES), place).astype(np.intp)]
    return index


def index_change(
    baseline: FloatArray, follow_up: FloatArray, *, baseline_set: str | None, follow_up_set: str | None
) -> FloatArray:
    """Change of the EQ-5D-3L index, positive where the patient is better; NaN where either is missing.

    ``baseline`` and ``follow_up``: indices of shape (n,), each by the value set named for it. A change across two
    value sets is refused with ``ValueSetError``: it would measure the difference between two populations' valuations.
    """
    first, second = (find_value_set(each, force=True).id for each in (baseline_set, follow_up_set))
    if first != second:
        raise ValueSetError(
            f"The baseline index is by {first} and the follow-up by {second}: a change across two value sets is "
            "refused. Score both by one."
        )
    return follow_up - baseline
