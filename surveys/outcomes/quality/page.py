"""One protocol's data quality: how the screens were used, by whom, and what the answers look like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from scoring.instrument import load_instruments
from surveys.outcomes.figure import Figure
from surveys.outcomes.filter_words import words
from surveys.outcomes.filters import Filters
from surveys.outcomes.quality.answer_figures import answer_figures
from surveys.outcomes.quality.maker import Maker
from surveys.outcomes.quality.reading import read
from surveys.outcomes.quality.rows import Share
from surveys.outcomes.quality.screen_figures import screen_figures, time_figures, use_figures
from surveys.outcomes.quality.screen_rows import source_rows
from surveys.protocols.model import Protocol

ALIKE = 5  # items with the same levels, from which on one row throughout is worth a look


@dataclass(frozen=True, slots=True)
class Quality:
    """One protocol's page. ``answers``: acknowledged ones, ``patients`` behind them."""

    protocol: Protocol
    filters_words: str
    answers: int
    patients: int
    sources: tuple[Share, ...]
    as_of: datetime
    figures: tuple[Figure, ...]

    def figure(self, code: str) -> Figure | None:
        """The figure of a code, or None."""
        return next((figure for figure in self.figures if figure.code == code), None)


def build(session: Session, protocol: Protocol, filters: Filters, *, now: datetime) -> Quality:
    """Count everything in one statement and describe it."""
    rows = read(session, filters, alike())
    source = rows["sources"][0]
    shown = source["patients"] >= max(1, filters.fewest)
    make = Maker(filters.fewest, now)
    return Quality(
        protocol=protocol,
        filters_words=words(filters, protocol),
        answers=source["answers"] if shown else 0,
        patients=source["patients"] if shown else 0,
        sources=tuple(source_rows(source)) if shown else (),
        as_of=now,
        figures=(
            *time_figures(make, rows),
            *use_figures(make, rows),
            *screen_figures(make, rows),
            *answer_figures(make, rows),
        ),
    )


def alike() -> dict[str, int]:
    """The instruments whose items all have the same rows, with how many items they have."""
    return {
        code: len(each.items)
        for code, each in load_instruments().items()
        if len(each.items) >= ALIKE and len({item.levels for item in each.items}) == 1
    }
