"""A figure: its title, what it says in words, its table, and its drawing from the same rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import numpy as np

from scoring.types import BoolArray
from surveys.outcomes.cohort import Cohort
from surveys.outcomes.drawing import Chart, allowed, inline, standalone
from surveys.outcomes.rate import Rate
from surveys.outcomes.table import Table

WIDE, NARROW = 560, 250  # pixels of the plotting area on a page: the widest, and a phone's


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Patients that a number of a figure stands for; they are listed only where somebody looks at them.

    ``who``: flags, or what flags the patients of a cohort; ``alike``: the cohort that they are counted in, where
    patients who are alike are one element.
    """

    code: str
    title: str
    cohort: Cohort
    who: BoolArray | Callable[[Cohort], BoolArray]
    alike: Cohort | None = None

    @property
    def chosen(self) -> BoolArray:
        """Which of the cohort they are."""
        return self.who(self.cohort) if callable(self.who) else self.who

    def __len__(self) -> int:
        """How many they are."""
        if self.alike is None or not callable(self.who):
            return int(np.count_nonzero(self.chosen))
        return self.alike.number(self.who(self.alike))

    def ids(self) -> list[UUID]:
        """Their episodes."""
        return [self.cohort.ids[int(at)] for at in np.flatnonzero(self.chosen)]


@dataclass(frozen=True, slots=True)
class Figure:
    """``code`` names it in addresses; ``rule``: what is counted, in words; ``chart`` draws at a width.

    ``rates``: the rates that it shows, whose patients can be looked up; ``groups``: other patients behind it.
    ``standing``: whether it was planned, in words. ``why_not``: why nothing is drawn, where nothing is.
    """

    code: str
    title: str
    description: str
    rule: str
    table: Table
    as_of: datetime
    data_hash: str
    chart: Callable[[int], Chart] | None
    rates: tuple[Rate, ...] = ()
    groups: tuple[Group, ...] = ()
    standing: str = ""
    why_not: str = ""

    def of(self, cohort: str) -> Figure:
        """The figure as a file, which says of whom it is; ``cohort``: the choice of patients in words."""
        return replace(self, table=self.table.told("cohort", cohort), description=f"{self.description} {cohort}.")

    def svg(self, *, narrow: bool = False) -> str:
        """The drawing for a page, wide or for a phone."""
        assert self.chart is not None  # noqa: S101 - the template asks first
        name = f"{self.code}-{'narrow' if narrow else 'wide'}"
        return inline(allowed(self.chart(NARROW if narrow else WIDE)), name, self.title, self.description)

    def svg_file(self) -> str:
        """The drawing as a file."""
        assert self.chart is not None  # noqa: S101 - the view asks first
        return standalone(allowed(self.chart(WIDE)), self.code, self.title, self.description)
