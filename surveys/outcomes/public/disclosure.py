"""Which groups stay hidden: those of fewer than ten patients, and others from which those could be worked out.

Whoever knows the figures of several groups knows the figure of every sum and difference of them. A group is hidden as
long as some such sum is of one to nine patients.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product

SMALLEST = 10  # patients
MOST = 10  # independent groups of one outcome that are looked through; of more the smallest are hidden
Group = frozenset[str]
Row = list[Fraction]


def hidden(groups: Sequence[Group], smallest: int = SMALLEST) -> set[int]:
    """Return which of the groups are not shown, by their place; groups of the same people count once."""
    shown = sorted({group for group in groups if len(group) >= smallest}, key=lambda group: (len(group), sorted(group)))
    while (problem := _problem(shown, smallest)) is not None:
        shown.remove(_to_hide(shown, problem, smallest))
    return {at for at, group in enumerate(groups) if group not in shown}


def _to_hide(shown: list[Group], problem: Group, smallest: int) -> Group:
    """The smallest group without which the sum cannot be made; the smallest of all where no single one does."""
    for group in shown:
        rest = [each for each in shown if each != group]
        if problem not in set(_small_sums(rest, smallest)):
            return group
    return shown[0]


def _problem(shown: list[Group], smallest: int) -> Group | None:
    """Somebody few who could be worked out; everybody where there are too many groups to look through."""
    if len(_reduced(*_matrix(shown))) > MOST:
        return frozenset()
    return next(_small_sums(shown, smallest), None)


def _small_sums(shown: list[Group], smallest: int) -> Iterator[Group]:
    """Every sum or difference of groups that is itself a group, of fewer than the smallest and not nobody.

    In reduced rows each pivot's column is that pivot's factor alone, so that factors other than 0 and 1 make no group.
    """
    atoms, matrix = _matrix(shown)
    rows = _reduced(atoms, matrix)
    for factors in product((0, 1), repeat=len(rows)) if len(rows) <= MOST else ():
        chosen = [row for factor, row in zip(factors, rows, strict=True) if factor]
        total = [sum(column, Fraction()) for column in zip(*chosen, strict=True)]
        if all(value in (0, 1) for value in total):
            members = frozenset().union(*(atom for atom, value in zip(atoms, total, strict=False) if value))
            if 0 < len(members) < smallest:
                yield members


def _matrix(shown: Sequence[Group]) -> tuple[list[Group], list[Row]]:
    """Those who are in the same groups together, and per group which of them it holds."""
    places: dict[tuple[bool, ...], set[str]] = {}
    for person in frozenset().union(*shown):
        places.setdefault(tuple(person in group for group in shown), set()).add(person)
    atoms = [frozenset(people) for people in places.values()]
    return atoms, [[Fraction(int(inside[at])) for inside in places] for at in range(len(shown))]


def _reduced(atoms: Sequence[Group], matrix: list[Row]) -> list[Row]:
    """The reduced row echelon form, without empty rows."""
    rows, done = [list(row) for row in matrix], 0
    for column in range(len(atoms)):
        pivot = next((at for at in range(done, len(rows)) if rows[at][column]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        rows[done] = [value / rows[done][column] for value in rows[done]]
        for at, row in enumerate(rows):
            if at != done and row[column]:
                rows[at] = [value - row[column] * own for value, own in zip(row, rows[done], strict=True)]
        done += 1
    return rows[:done]
