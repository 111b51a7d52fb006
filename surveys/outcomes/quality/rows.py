"""Two kinds of row that the data-quality page counts, and the table of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from surveys.i18n import gettext as _
from surveys.outcomes.table import Column, Table

SECOND = 1000  # ms


@dataclass(frozen=True, slots=True)
class Share:
    """``part`` of ``whole``, the ones for which it is known. ``patients``: of the whole."""

    code: str
    label: str
    part: int
    whole: int
    patients: int

    @property
    def share(self) -> float | None:
        """A fraction; None where nothing is known."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Span:
    """Quartiles in seconds over ``timed`` of ``whole``. ``patients``: of the whole."""

    code: str
    label: str
    timed: int
    whole: int
    patients: int
    quartiles: tuple[float, float, float]

    @property
    def median(self) -> float:
        """In seconds."""
        return self.quartiles[1]


Row = TypeVar("Row", Share, Span)


def span(code: str, label: str, timed: int, whole: int, patients: int, quartiles: Sequence[float] | None) -> Span:
    """Make a span of quartiles in milliseconds; where nothing was timed, of zeros that nobody is shown."""
    low, middle, high = (value / SECOND for value in quartiles or (0, 0, 0))
    return Span(code, label, timed, whole, patients, (low, middle, high))


def shown_shares(rows: Iterable[Share], fewest: int) -> tuple[list[Share], int]:
    """Leave out what nobody is known of, and what fewer patients stand behind than a reader may see; count these."""
    return _shown([row for row in rows if row.whole], fewest)


def shown_spans(rows: Iterable[Span], fewest: int) -> tuple[list[Span], int]:
    """The same of times."""
    return _shown([row for row in rows if row.timed], fewest)


def _shown(known: Sequence[Row], fewest: int) -> tuple[list[Row], int]:
    shown = [row for row in known if row.patients >= fewest]
    return shown, len(known) - len(shown)


def shares_table(rows: Sequence[Share], what: str) -> Table:
    """One row per share; ``what`` heads the first column."""
    columns = (
        Column("code", "code", shown=False),
        Column("what", what),
        Column("number", _("Number")),
        Column("of", _("of")),
        Column("share", _("Share"), percent=True, digits=1),
        Column("patients", _("Patients")),
    )
    return Table(columns, tuple((r.code, r.label, r.part, r.whole, r.share, r.patients) for r in rows))


def spans_table(rows: Sequence[Span], what: str) -> Table:
    """One row per time; seconds."""
    columns = (
        Column("code", "code", shown=False),
        Column("what", what),
        Column("timed", _("Timed")),
        Column("of", _("of")),
        Column("lower_quartile_s", _("A quarter took at most, s"), digits=1),
        Column("median_s", _("Median, s"), digits=1),
        Column("upper_quartile_s", _("Three quarters took at most, s"), digits=1),
        Column("patients", _("Patients")),
    )
    return Table(columns, tuple((r.code, r.label, r.timed, r.whole, *r.quartiles, r.patients) for r in rows))
