"""A figure's table as it fits on paper: columns that say nothing left out, wide ones in blocks, long ones in strips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from surveys.i18n import gettext as _
from surveys.outcomes.judging import REASONS
from surveys.outcomes.table import Cell, Column, Table, printed

LETTERS = 146  # about so many fit beside each other on a page
GUTTER = 2  # between columns, in letters
HEAD = 9  # letters of a line of a heading, at least
FLEXIBLE = 26  # letters of a column of sentences, which wraps
MOST = 240  # rows of one table
STRIP = 40  # rows of one strip
SHORT = 16  # rows that stand in one piece
ARM = "arm_label"
IDLE_AT_ZERO = {  # columns that may go where they are 0 throughout; what they count is named instead
    *("not_yet_due", "died", "withdrawn", "late", "early", "declined", "operated"),
    *(f"not_evaluable_{reason}" for reason in REASONS),
}
COMPOSITE = "composite_"


@dataclass(frozen=True, slots=True)
class Printed:
    """A column with its cells as texts."""

    column: Column
    cells: tuple[str, ...]
    number: bool

    @property
    def head(self) -> list[str]:
        """The heading in lines that are hardly wider than the cells."""
        words = self.column.title.split() or [""]
        room = max(HEAD, *map(len, (*words, *self.cells)))
        lines = [words[0]]
        for word in words[1:]:
            if len(lines[-1]) + len(word) < room:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        return lines

    @property
    def width(self) -> float:
        """In letters."""
        longest = max(map(len, (*self.head, *self.cells)))
        return GUTTER + (longest if self.number else min(longest, FLEXIBLE))


def laid_out(table: Table) -> dict[str, Any]:
    """Blocks of columns, each with the columns that name a row in front; and what has been left out, in words."""
    rows, thinned = _thinned(table)
    shown = [place for place, column in enumerate(table.columns) if column.shown]
    idle = [place for place in shown if _idle(table, rows, place)]
    kept = [_printed(table.columns[place], rows, place) for place in shown if place not in idle]
    zeros = [table.columns[at].title for at in idle if any(row[at] == 0 for row in rows)]
    zeros = [title for title in zeros if title]
    blocks = [_block(block, len(rows)) for block in _blocks(kept)] if rows else []
    return {"blocks": blocks, "notes": [*thinned, *_left_out(zeros)]}


def _thinned(table: Table) -> tuple[Sequence[Sequence[Cell]], list[str]]:
    """Every so many rows of a table that would fill pages; the last row always."""
    if len(table.rows) <= MOST:
        return table.rows, []
    each = ceil(len(table.rows) / MOST)
    rows = [row for at, row in enumerate(table.rows) if at % each == 0 or row is table.rows[-1]]
    told = _("One in %(each)d of %(n)d rows is printed; the figure's CSV has all.", each=each, n=len(table.rows))
    return rows, [told]


def _idle(table: Table, rows: Sequence[Sequence[Cell]], place: int) -> bool:
    """Whether a column is empty throughout, or counts what did not happen."""
    code, cells = table.columns[place].code, [row[place] for row in rows]
    if all(cell is None or cell == "" for cell in cells):
        return True
    if code.startswith(COMPOSITE):
        return _nobody_operated(table, rows)
    return code in IDLE_AT_ZERO and all(cell in (0, None) for cell in cells)


def _nobody_operated(table: Table, rows: Sequence[Sequence[Cell]]) -> bool:
    at = next((place for place, column in enumerate(table.columns) if column.code == "operated"), None)
    return at is not None and all(row[at] in (0, None) for row in rows)


def _printed(column: Column, rows: Sequence[Sequence[Cell]], place: int) -> Printed:
    cells = [row[place] for row in rows]
    number = not any(isinstance(cell, str) and cell for cell in cells)
    texts = [printed(column, cell) for cell in cells]
    return Printed(column, tuple(_number(column.code, text) if number else text for text in texts), number)


def _number(code: str, text: str) -> str:
    """A number as it is set: a minus that is one, no negative nought, and a p of nought as the limit that it is."""
    if (code == "p" or code.endswith("_p")) and text.strip("0.") == "" and "." in text:
        return f"<{text[:-1]}1"
    if not text.startswith("-"):
        return text
    return f"−{text[1:]}" if text.strip("-0. %") else text[1:]


def _blocks(columns: Sequence[Printed]) -> Iterator[list[Printed]]:
    """Columns in blocks that are no wider than a page; an interval's two ends stay beside each other."""
    keys = _keys(columns)
    names, taken = list(columns[:keys]), list[Printed]()
    base = sum(each.width for each in names)
    for together in _pairs(columns[keys:]):
        if taken and base + sum(each.width for each in (*taken, *together)) > LETTERS:
            yield [*names, *taken]
            taken = []
        taken.extend(together)
    yield [*names, *taken]


def _keys(columns: Sequence[Printed]) -> int:
    """How many columns name a row: up to the arm, else those of words in front."""
    codes = [each.column.code for each in columns]
    if ARM in codes:
        return codes.index(ARM) + 1
    return next((at for at, each in enumerate(columns) if each.number), len(columns))


def _pairs(columns: Sequence[Printed]) -> Iterator[list[Printed]]:
    """Columns that must not be parted: an interval with what it is of."""
    group: list[Printed] = []
    for each in columns:
        if group and not each.column.code.endswith(("low", "high")) and each.column.title != _("of"):
            yield group
            group = []
        group.append(each)
    if group:
        yield group


def _block(columns: Sequence[Printed], rows: int) -> dict[str, Any]:
    """One table. ``strips``: how many stand beside each other where it is long and narrow."""
    width = sum(each.width for each in columns)
    strips = 1 if rows <= SHORT else max(1, min(3, int(LETTERS // width)))
    return {
        "heads": [each.head for each in columns],
        "numbers": [each.number for each in columns],
        "rows": [list(cells) for cells in zip(*(each.cells for each in columns), strict=True)],
        "flexible": [not each.number and max(map(len, each.cells)) > FLEXIBLE for each in columns],
        "strips": strips,
    }


def _left_out(zeros: Sequence[str]) -> list[str]:
    """What is 0 throughout and has no column."""
    if not zeros:
        return []
    return [_("0 throughout, and without a column: %(names)s.", names=", ".join(dict.fromkeys(zeros)))]
