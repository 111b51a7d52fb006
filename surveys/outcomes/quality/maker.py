"""Figures of the data-quality page from rows of shares and of times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any

from surveys.i18n import gettext as _
from surveys.i18n import ngettext
from surveys.outcomes.figure import Figure
from surveys.outcomes.quality.chart import shares_svg, spans_svg
from surveys.outcomes.quality.rows import (
    Share,
    Span,
    shares_table,
    shown_shares,
    shown_spans,
    spans_table,
)
from surveys.outcomes.table import Table

Draw = Callable[[int], str]
MARGIN = 60  # pixels that other charts have beside their plotting area
MOST = 12  # rows that are drawn; the table has all


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes figures for one reader. ``fewest``: patients that must stand behind a row."""

    fewest: int
    as_of: datetime

    def shares(
        self, code: str, title: str, rule: str, what: str, rows: Sequence[Share], *, top: bool = False
    ) -> Figure:
        """Shares, the largest drawn first where ``top``."""
        shown, withheld = shown_shares(rows, self.fewest)
        drawn = _highest(shown) if top else shown
        chart = partial(_beside, shares_svg, drawn) if drawn else None
        words = "; ".join(f"{row.label}: {row.part}/{row.whole}" for row in drawn)
        table = shares_table(shown, what)
        return self._figure(Told(code, title, words, rule), table, chart, withheld, len(drawn))

    def spans(self, code: str, title: str, rule: str, what: str, rows: Sequence[Span], *, top: bool = False) -> Figure:
        """Times, the longest drawn first where ``top``."""
        shown, withheld = shown_spans(rows, self.fewest)
        drawn = sorted(shown, key=lambda row: -row.median)[:MOST] if top else shown
        chart = partial(_beside, spans_svg, drawn) if drawn else None
        words = "; ".join(f"{row.label}: {row.median:.1f} s" for row in drawn)
        table = spans_table(shown, what)
        return self._figure(Told(code, title, words, rule), table, chart, withheld, len(drawn))

    def _figure(self, told: Told, table: Table, chart: Draw | None, withheld: int, drawn: int) -> Figure:
        notes = [told.rule]
        if drawn < len(table.rows):
            notes.append(_("Drawn are the highest %(number)s; the table has all.", number=drawn))
        if withheld:
            notes.append(ngettext("%(num)d row is not shown:", "%(num)d rows are not shown:", withheld))
            notes.append(_("fewer than %(number)s patients stand behind it.", number=self.fewest))
        rows = sha256(repr(table.rows).encode()).hexdigest()
        return Figure(told.code, told.title, told.words, " ".join(notes), table, self.as_of, rows, chart)


@dataclass(frozen=True, slots=True)
class Told:
    """What a figure is called and says."""

    code: str
    title: str
    words: str
    rule: str


def _highest(rows: Sequence[Share]) -> list[Share]:
    """The largest shares without those of nothing; where all are, the first as a sign of that."""
    ordered = sorted(rows, key=lambda row: -(row.share or 0))
    return [row for row in ordered if row.part][:MOST] or ordered[:1]


def _beside(write: Callable[[Sequence[Any], int], str], rows: Sequence[Any], width: int) -> str:
    """The bars, as wide as other charts with what stands beside their plotting area."""
    return write(rows, width + MARGIN)
