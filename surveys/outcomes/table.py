"""Rows that a page prints and a file carries: one object for both."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from surveys.cells import harmless

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Column:
    """``code`` heads the file, ``title`` the page. ``digits``: decimals on the page; the file has all.

    ``percent``: a fraction, printed as per cent on the page. ``shown``: whether the page has the column.
    """

    code: str
    title: str
    digits: int | None = None
    percent: bool = False
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows; a cell is empty where the figure does not exist."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def shown(self) -> list[list[tuple[str, bool]]]:
        """The page's cells as text, each with whether it is a number."""
        return [
            [
                (printed(column, cell), isinstance(cell, int | float) or cell is None)
                for column, cell in zip(self.columns, row, strict=True)
                if column.shown
            ]
            for row in self.rows
        ]

    def told(self, code: str, text: str) -> Table:
        """The same with a column of the file alone, alike in every row."""
        return Table((*self.columns, Column(code, code, shown=False)), tuple((*row, text) for row in self.rows))

    def csv(self) -> str:
        """The file: numbers in full, texts that a spreadsheet would run as a formula made harmless."""
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(column.code for column in self.columns)
        writer.writerows([harmless(cell) for cell in row] for row in self.rows)
        return out.getvalue()


def printed(column: Column, cell: Cell) -> str:
    """One cell as the page shows it; a dash where there is nothing."""
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    if column.percent:
        return f"{100 * cell:.{column.digits or 0}f} %"
    return str(cell) if column.digits is None else f"{cell:.{column.digits}f}"
