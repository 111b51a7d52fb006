"""No sum or difference of what is shown tells about fewer than ten patients."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from surveys.outcomes.public.disclosure import MOST, SMALLEST, Group, hidden


def people(start: int, count: int) -> Group:
    return frozenset(f"{number}" for number in range(start, start + count))


def told_about_few(shown: list[Group]) -> list[frozenset[str]]:
    """Every small group whose figure follows from those shown, looked for among all groups and by another method."""
    everybody = sorted(frozenset(chain.from_iterable(shown)))
    kinds = sorted({tuple(person in group for group in shown) for person in everybody})
    atoms = [frozenset(p for p in everybody if tuple(p in group for group in shown) == kind) for kind in kinds]
    matrix = np.array([[atom <= group for atom in atoms] for group in shown], dtype=float)
    small = [atom for atom in atoms if len(atom) < SMALLEST]
    found = []
    for parts in chain.from_iterable(combinations(small, size) for size in range(1, len(small) + 1)):
        few = frozenset().union(*parts)
        row = np.array([[atom <= few for atom in atoms]], dtype=float)
        if len(few) < SMALLEST and np.linalg.matrix_rank(np.vstack([matrix, row])) == np.linalg.matrix_rank(matrix):
            found.append(few)
    return found


sizes = st.lists(st.integers(0, 14), min_size=2, max_size=6)


@given(sizes, st.data())
def test_nothing_shown_tells_about_few(atoms: list[int], data: st.DataObject) -> None:
    starts = np.cumsum([0, *atoms])
    blocks = [people(int(start), count) for start, count in zip(starts, atoms, strict=False)]
    chosen = data.draw(st.lists(st.sets(st.integers(0, len(blocks) - 1), min_size=1), min_size=1, max_size=6))
    groups = [frozenset().union(*(blocks[at] for at in each)) for each in chosen]
    gone = hidden(groups)
    shown = [group for at, group in enumerate(groups) if at not in gone]
    assert all(len(group) >= SMALLEST for group in shown)
    if shown:
        assert told_about_few(list(dict.fromkeys(shown))) == []


def test_a_small_arm_is_hidden_alone_where_no_total_stands_beside_it() -> None:
    assert hidden([people(0, 40), people(40, 7)]) == {1}


def test_beside_a_total_another_group_is_hidden_too() -> None:
    large, small = people(0, 40), people(40, 7)
    assert hidden([large, small, large | small]) == {0, 1}
    middle = people(50, 20)
    assert hidden([large, middle, small, large | middle | small]) == {1, 2}  # the smallest that covers it


def test_what_tells_nothing_stands() -> None:
    women, men = people(0, 20), people(20, 15)
    assert hidden([women, men, women | men]) == set()
    assert hidden([women, women]) == set()  # two statements of the same people
    assert hidden([people(0, 10)]) == set()
    assert hidden([people(0, 9)]) == {0}


def test_a_difference_of_two_statements_is_seen() -> None:
    everybody = people(0, 35)
    assert hidden([everybody, people(0, 30)]) == {1}
    assert hidden([everybody, people(0, 25)]) == set()


def test_of_very_many_groups_some_are_hidden() -> None:
    groups = [people(number * 20, 20 + number) for number in range(MOST + 3)]
    assert len(hidden(groups)) >= 3
