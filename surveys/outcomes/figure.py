"""A figure: its title, what it says in words, its table, and its drawing from the same rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from surveys.outcomes.drawing import Chart, draw, inline, standalone
from surveys.outcomes.table import Table

WIDE, NARROW = 560, 250  # pixels of the plotting area


@dataclass(frozen=True, slots=True)
class Figure:
    """``code`` names it in addresses; ``rule``: what is counted, in words; ``chart`` draws at a width."""

    code: str
    title: str
    description: str
    rule: str
    table: Table
    as_of: datetime
    data_hash: str
    chart: Callable[[int], Chart] | None

    def svg(self, *, narrow: bool = False) -> str:
        """The drawing for a page, wide or for a phone."""
        assert self.chart is not None  # noqa: S101 - the template asks first
        size = "narrow" if narrow else "wide"
        drawn = draw(self.chart(NARROW if narrow else WIDE))
        return inline(drawn, f"{self.code}-{size}", self.title, self.description)

    def svg_file(self) -> str:
        """The drawing as a file."""
        assert self.chart is not None  # noqa: S101 - the view asks first
        return standalone(draw(self.chart(WIDE)), self.code, self.title, self.description)
