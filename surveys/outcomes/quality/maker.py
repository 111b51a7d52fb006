"""Figures of the data-quality page from rows of shares and of times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256

from surveys.i18n import gettext as _
from surveys.i18n import ngettext
from surveys.outcomes.drawing import inline, standalone
from surveys.outcomes.figure import NARROW, WIDE, Figure
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
MARGIN = 60  # pixels that the library's charts have beside their plotting area
MOST = 12  # rows that are drawn; the table has all


class Bars(Figure):
    """A figure whose ``chart`` writes the drawing itself: there is nothing to render, and nothing to keep."""

    def svg(self, *, narrow: bool = False) -> str:
        """The drawing for a page, wide or for a phone."""
        name = f"{self.code}-{'narrow' if narrow else 'wide'}"
        return inline(self._drawn(NARROW if narrow else WIDE), name, self.title, self.description)

    def svg_file(self) -> str:
        """The drawing as a file."""
        return standalone(self._drawn(WIDE), self.code, self.title, self.description)

    def _drawn(self, width: int) -> str:
        assert self.chart is not None  # noqa: S101 - template and view ask first
        return str(self.chart(width + MARGIN))


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
        chart = partial(shares_svg, drawn) if drawn else None
        words = "; ".join(f"{row.label}: {row.part}/{row.whole}" for row in drawn)
        table = shares_table(shown, what)
        return self._figure(Told(code, title, words, rule), table, chart, withheld, len(drawn))

    def spans(self, code: str, title: str, rule: str, what: str, rows: Sequence[Span], *, top: bool = False) -> Figure:
        """Times, the longest drawn first where ``top``."""
        shown, withheld = shown_spans(rows, self.fewest)
        drawn = sorted(shown, key=lambda row: -row.median)[:MOST] if top else shown
        chart = partial(spans_svg, drawn) if drawn else None
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
        return Bars(told.code, told.title, told.words, " ".join(notes), table, self.as_of, rows, chart)


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
