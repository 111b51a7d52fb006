"""Columns of some patients, each picked out of everybody's once, however many tallies tell of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.types import IntArray
from surveys.models.response import MODES
from surveys.outcomes.cohort import Key
from surveys.outcomes.columns.frame import Frame, Visits, no_scores, no_visits
from surveys.outcomes.columns.wire import NEVER

Column = NDArray[Any]


class Picked:
    """The patients at some places of a frame, all where None. It holds what it picked: a few bytes of each."""

    def __init__(self, frame: Frame, at: IntArray | None) -> None:
        """Nothing is picked yet."""
        self.frame, self.at = frame, at
        self._made: dict[Hashable, Column] = {}
        self._ends: dict[tuple[str, int], int] = {}

    def person(self, name: str) -> Column:
        """A covariate."""
        return self._once(name, lambda: self._those(self.frame.people[name]))

    def flags(self, timepoint: str) -> Column:
        """What is true of a visit."""
        return self._once(("flags", timepoint), lambda: self._those(self._visits(timepoint).flags))

    def closed(self, timepoint: str, now: int) -> Column:
        """Whose window is over."""
        return self._once(("closed", timepoint, now), lambda: self._those(self._visits(timepoint).closes <= now))

    def planned(self, timepoint: str) -> Column:
        """For whom there is a visit."""
        return self._once(("planned", timepoint), lambda: self._those(self._visits(timepoint).closes != NEVER))

    def cells(self, name: tuple[str, Key], mode: str | None) -> Column:
        """The cells of a reading, of the answers given in a mode."""
        return self._once((name, mode), lambda: self._cells(name, mode))

    def until(self, timepoint: str, now: int) -> int:
        """When anybody's next window closes."""
        if (timepoint, now) not in self._ends:
            closes = self._visits(timepoint).closes
            self._ends[timepoint, now] = int(np.min(closes, where=closes > now, initial=NEVER))
        return self._ends[timepoint, now]

    def _once(self, what: Hashable, make: Callable[[], Column]) -> Column:
        if what not in self._made:
            self._made[what] = make()
        return self._made[what]

    def _those(self, column: Column) -> Column:
        return column if self.at is None else column[self.at]

    def _visits(self, timepoint: str) -> Visits:
        return self.frame.visits.get(timepoint) or no_visits(len(self.frame))

    def _cells(self, name: tuple[str, Key], mode: str | None) -> Column:
        scores = self.frame.scores.get(name) or no_scores(len(self.frame))
        cells = self._those(scores.cells)
        if mode is None:
            return cells
        own = self._those(scores.modes) == MODES.index(mode) + 1
        return np.where(own, cells, np.zeros_like(cells))
