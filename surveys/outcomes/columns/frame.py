"""The columns of one protocol's episodes. A frame is never changed: what is read anew makes the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scoring.types import FloatArray, IntArray
from surveys.outcomes.cohort import Key
from surveys.outcomes.columns.wire import NEVER

Numbers = NDArray[np.generic]
LEVELS = 5  # cells below it say why there is no value; from it on they are places among the levels
LATE, PROXIED, VALUELESS = 3, 1, 1  # cell of no value: 0 nothing, 1 timely, 2 by proxy, 3 late, 4 late by proxy


@dataclass(frozen=True, slots=True)
class Visits:
    """One timepoint, an element per episode. ``closes``: NEVER where no visit is planned; ``flags``: bits of FLAGS."""

    closes: NDArray[np.int64]
    flags: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Scores:
    """One scale at one timepoint, an element per episode.

    ``cells``: a place among the scale's levels from ``LEVELS`` on, below it why there is none. ``modes``: the place of
    the mode from 1, 0 where nobody answered.
    """

    cells: NDArray[np.uint32]
    modes: NDArray[np.uint8]


@dataclass(frozen=True)
class Frame:
    """``ids``: 16 bytes each, ascending but for ``present`` ones appended out of order; ``words``: texts by column.

    ``people``: covariates by name, an element per episode. ``levels``: the distinct values of a scale, ascending.
    """

    ids: Numbers
    people: Mapping[str, Numbers]
    visits: Mapping[str, Visits]
    scores: Mapping[tuple[str, Key], Scores]
    levels: Mapping[Key, FloatArray]
    words: Mapping[str, tuple[str, ...]]
    scales: frozenset[str]

    def __len__(self) -> int:
        """How many episodes have a place, those that are gone included."""
        return len(self.ids)

    @cached_property
    def everyone(self) -> bool:
        """Whether every place is somebody's."""
        return bool(np.all(self.people["present"]))

    @property
    def bytes(self) -> int:
        """What the columns take."""
        columns = [self.ids, *self.people.values()]
        columns += [column for each in self.visits.values() for column in (each.closes, each.flags)]
        columns += [column for each in self.scores.values() for column in (each.cells, each.modes)]
        return sum(column.nbytes for column in columns)


def no_visits(size: int) -> Visits:
    """A timepoint nobody is planned for."""
    return Visits(np.full(size, NEVER, dtype=np.int64), np.zeros(size, dtype=np.uint8))


def no_scores(size: int) -> Scores:
    """A scale nobody answered."""
    return Scores(np.zeros(size, dtype=np.uint16), np.zeros(size, dtype=np.uint8))


def hashes(ids: Numbers) -> NDArray[np.uint64]:
    """64 bits of each id's 128, all of which tell."""
    halves = np.ascontiguousarray(ids).view(">u8").reshape(-1, 2).astype(np.uint64)
    mixed: NDArray[np.uint64] = halves[:, 0] * np.uint64(0x9E3779B97F4A7C15) ^ halves[:, 1]
    return mixed


MOST_LATER = 5_000  # newcomers that are looked up beside the others before all are sorted anew


class Places:
    """Where each episode's elements are."""

    def __init__(self, ids: Numbers, start: int = 0, later: Places | None = None) -> None:
        """Sort what tells them apart; ``start``: the first one's place, ``later``: the places of newcomers."""
        told = hashes(ids)
        order = np.argsort(told)
        self._sorted, self._order, self._later = told[order], order + start, later
        if len(told) > 1 and bool(np.any(self._sorted[1:] == self._sorted[:-1])):
            raise ValueError("Two episodes have ids that 64 bits do not tell apart.")

    def of(self, ids: Numbers) -> IntArray:
        """The place of each id, -1 where it has none."""
        found = self._found(hashes(ids))
        return found if self._later is None else np.where(found < 0, self._later.of(ids), found)

    def _found(self, told: NDArray[np.uint64]) -> IntArray:
        if not len(self._sorted):
            return np.full(len(told), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self._sorted, told), len(self._sorted) - 1)
        found: IntArray = np.where(self._sorted[at] == told, self._order[at], -1)
        return found

    def grown(self, ids: Numbers) -> Places:
        """The places once there are more ids behind these."""
        known = len(self._sorted)
        if len(ids) - known > MOST_LATER:
            return Places(ids)
        wider = object.__new__(Places)
        wider._sorted, wider._order, wider._later = self._sorted, self._order, Places(ids[known:], known)
        return wider
