"""The next frame: the last one with some episodes read anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.types import FloatArray, IntArray
from surveys.outcomes.cohort import Key
from surveys.outcomes.columns.frame import LEVELS, Frame, Places, Scores, Visits, no_scores, no_visits

Column = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Step:
    """The next frame. ``touched``: places whose elements may differ, those of newcomers included.

    ``moved``: whether an episode's place has changed.
    """

    frame: Frame
    touched: IntArray
    moved: bool


def merged(old: Frame, places: Places, new: Frame, asked: Column) -> Step:
    """Put in what was read anew of the episodes ``asked`` for, 16 bytes each; who was not found is gone."""
    levels, old, new = _one_numbering(old, new)
    at = places.of(new.ids)
    coming = int(np.count_nonzero(at < 0))
    at[at < 0] = len(old) + np.arange(coming)
    before = places.of(asked)
    gone = np.setdiff1d(before[before >= 0], at)
    size = len(old) + coming
    ids = _put(old.ids, new.ids, at, size)
    people = {name: _put(column, new.people[name], at, size) for name, column in old.people.items()}
    if len(gone):
        people["present"] = _put(people["present"], np.zeros(len(gone), dtype=np.bool_), gone, size)
    visits = {code: _put_visits(old.visits.get(code), each, at, size) for code, each in new.visits.items()}
    scores = {name: _put_scores(old, new, name, at, size) for name in {**old.scores, **new.scores}}
    frame = Frame(ids, people, visits, scores, levels, new.words, old.scales)
    touched = np.union1d(at, gone)
    return Step(frame, touched, moved=False) if _ascending(ids, len(old)) else Step(_sorted(frame), touched, moved=True)


def _put(column: Column, values: Column, at: IntArray, size: int) -> Column:
    """The column with values at their places; the column itself where they are there already."""
    if size == len(column) and np.array_equal(column[at], values, equal_nan=values.dtype.kind == "f"):
        return column
    wider = np.promote_types(column.dtype, values.dtype)
    made = np.empty(size, dtype=wider)
    made[: len(column)] = column
    made[at] = values
    return made


def _put_visits(old: Visits | None, new: Visits, at: IntArray, size: int) -> Visits:
    old = old or no_visits(0)
    return Visits(_put(old.closes, new.closes, at, size), _put(old.flags, new.flags, at, size))


def _put_scores(old: Frame, new: Frame, name: tuple[str, Key], at: IntArray, size: int) -> Scores:
    mine, theirs = old.scores.get(name) or no_scores(len(old)), new.scores.get(name) or no_scores(len(new))
    return Scores(_put(mine.cells, theirs.cells, at, size), _put(mine.modes, theirs.modes, at, size))


def _one_numbering(old: Frame, new: Frame) -> tuple[dict[Key, FloatArray], Frame, Frame]:
    """Both frames' cells by the same levels; the old ones' stay as they are where no level is new."""
    levels: dict[Key, FloatArray] = {**new.levels, **old.levels}
    for key, own in new.levels.items():
        if not np.isin(own, levels[key]).all():
            levels[key] = np.union1d(levels[key], own)
    return levels, _renumbered(old, levels), _renumbered(new, levels)


def _renumbered(frame: Frame, levels: Mapping[Key, FloatArray]) -> Frame:
    scores = {
        name: each
        if levels[name[1]] is frame.levels[name[1]]
        else _renumber(each, frame.levels[name[1]], levels[name[1]])
        for name, each in frame.scores.items()
    }
    return replace(frame, scores=scores)


def _renumber(scores: Scores, own: FloatArray, levels: FloatArray) -> Scores:
    cells = new_cells(own, levels).astype(np.min_scalar_type(LEVELS + len(levels) + 255))
    return Scores(cells[scores.cells], scores.modes)


def new_cells(own: FloatArray, levels: FloatArray) -> IntArray:
    """By each cell of a numbering its cell once there are more levels; the order of cells stays as it is."""
    return np.concatenate([np.arange(LEVELS), LEVELS + np.searchsorted(levels, own)])


def _ascending(ids: Column, known: int) -> bool:
    """Whether those that came stand behind the others, in the order of their bytes."""
    later = [bytes(each) for each in ids[max(known - 1, 0) :]]
    return later == sorted(later)


def _sorted(frame: Frame) -> Frame:
    halves = np.ascontiguousarray(frame.ids).view(">u8").reshape(-1, 2)
    order = np.lexsort((halves[:, 1], halves[:, 0]))
    people = {name: column[order] for name, column in frame.people.items()}
    visits = {code: Visits(each.closes[order], each.flags[order]) for code, each in frame.visits.items()}
    scores = {name: Scores(each.cells[order], each.modes[order]) for name, each in frame.scores.items()}
    return replace(frame, ids=frame.ids[order], people=people, visits=visits, scores=scores)
