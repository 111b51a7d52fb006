"""How many patients are alike: counts of equal rows, from which a figure is counted as from the patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.types import IntArray
from surveys.outcomes.cohort import Key
from surveys.outcomes.columns.frame import LEVELS, Frame
from surveys.outcomes.columns.picking import Picked

Column = NDArray[Any]
Name = tuple[str, Key | None]  # a timepoint, and the scale whose readings there and at the baseline are told
DENSE = 1 << 22  # up to so many kinds of rows are counted in a table of all that there could be
SCORES = (8, 24, 24, 4)  # bits of arm, cell at the baseline, cell at the timepoint, and closed with three flags
VISITS = (8, 1, 1, 1, 8)  # bits of arm, declined, planned, closed and flags


@dataclass(frozen=True, slots=True)
class Tally:
    """``rows``: what is told of a patient in one number, ascending; ``counts``: how many patients it is told of."""

    rows: IntArray
    counts: IntArray


@dataclass(frozen=True, slots=True)
class Ask:
    """What is told of whom: by the answers given in ``mode``, windows as they stand at ``now``."""

    baseline: str
    name: Name
    mode: str | None
    now: int

    @property
    def bits(self) -> tuple[int, ...]:
        """How many bits each part of a row takes, the highest part first."""
        return VISITS if self.name[1] is None else SCORES


def count(some: Picked, ask: Ask) -> Tally:
    """Count some patients."""
    columns, sizes = _columns(some, ask), _sizes(some.frame, ask)
    if prod(sizes) <= DENSE:
        return _in_a_table(columns, sizes, ask.bits)
    rows, counts = np.unique(_packed(columns, ask.bits), return_counts=True)
    return Tally(rows, counts.astype(np.int64))


def changed(old: Tally, out: IntArray, back: IntArray) -> Tally:
    """The tally once some rows are taken out and others put in."""
    if np.array_equal(out, back):
        return old
    moved = np.concatenate([out, back])
    weights = np.concatenate([np.full(len(out), -1), np.full(len(back), 1)])
    at = np.minimum(np.searchsorted(old.rows, moved), len(old.rows) - 1)
    if len(old.rows) and np.array_equal(old.rows[at], moved):
        return _without_zeros(old.rows, _added(old.counts.copy(), at, weights))
    rows, which = np.unique(np.concatenate([old.rows, moved]), return_inverse=True)
    every = np.concatenate([old.counts, weights])
    return _without_zeros(rows, _added(np.zeros(len(rows), dtype=np.int64), which.reshape(-1), every))


def renumbered(tally: Tally, cells: IntArray) -> Tally:
    """A tally of a scale once its cells have new numbers, in the same order as before."""
    return Tally(renumbered_rows(tally.rows, cells), tally.counts)


def renumbered_rows(rows: IntArray, cells: IntArray) -> IntArray:
    """What is told of patients as to a scale whose cells have new numbers."""
    arm, before, after, state = parts(rows, SCORES)
    return _packed((arm, cells[before], cells[after], state), SCORES)


def _added(counts: IntArray, at: IntArray, weights: IntArray) -> IntArray:
    np.add.at(counts, at, weights)
    return counts


def _without_zeros(rows: IntArray, counts: IntArray) -> Tally:
    there = counts != 0
    return Tally(rows, counts) if there.all() else Tally(rows[there], counts[there])


def rows_of(frame: Frame, ask: Ask, at: IntArray) -> IntArray:
    """What is told of each patient at some places."""
    return _packed(_columns(Picked(frame, at), ask), ask.bits)


def parts(rows: IntArray, bits: Sequence[int]) -> list[IntArray]:
    """The parts of each row, the highest first."""
    found = []
    for size in reversed(bits):
        found.append(rows & ((1 << size) - 1))
        rows = rows >> size
    return found[::-1]


def _packed(columns: Sequence[Column], bits: Sequence[int]) -> IntArray:
    rows: IntArray = columns[0].astype(np.int64)
    for column, size in zip(columns[1:], bits[1:], strict=True):
        rows <<= size
        rows |= column
    return rows


def _in_a_table(columns: Sequence[Column], sizes: Sequence[int], bits: Sequence[int]) -> Tally:
    """A number for each kind of row that there could be, in the order of the packed rows."""
    kinds = columns[0].astype(np.int32)
    for column, size in zip(columns[1:], sizes[1:], strict=True):
        kinds *= size
        kinds += column
    table = np.bincount(kinds, minlength=1)
    found = np.flatnonzero(table)
    told, rest = [], found
    for size in reversed(sizes):
        told.append(rest % size)
        rest = rest // size
    return Tally(_packed(told[::-1], bits), table[found].astype(np.int64))


def _columns(some: Picked, ask: Ask) -> tuple[Column, ...]:
    timepoint, key = ask.name
    arm, flags, closed = some.person("arm"), some.flags(timepoint), some.closed(timepoint, ask.now)
    if key is None:
        return arm, some.person("declined"), some.planned(timepoint), closed, flags
    before, after = (some.cells((code, key), ask.mode) for code in (ask.baseline, timepoint))
    return arm, before, after, flags & 7 | closed.view(np.uint8) << 3


def _sizes(frame: Frame, ask: Ask) -> tuple[int, ...]:
    arms, key = len(frame.words["arm"]) + 1, ask.name[1]
    if key is None:
        return (arms, 2, 2, 2, 256)
    cells = LEVELS + len(frame.levels.get(key, ()))
    return (arms, cells, cells, 16)


def sources(frame: Frame, ask: Ask) -> tuple[Column | None, ...]:
    """The columns that are told of; None for one that is not there."""
    timepoint, key = ask.name
    visits = frame.visits.get(timepoint)
    common = (frame.people["arm"], visits.closes if visits else None, visits.flags if visits else None)
    if key is None:
        return (*common, frame.people["declined"])
    scores = [frame.scores.get((code, key)) for code in (ask.baseline, timepoint)]
    return (*common, *(column for each in scores for column in ((each.cells, each.modes) if each else (None, None))))
