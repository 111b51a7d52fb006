"""XLSX: a row at a time, every text as a text, so that no cell is a formula."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from surveys.exchange.exports.columns import Sheet

MOST_ROWS = 1_048_575  # below the heading; a sheet holds no more
SETTINGS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
ROW = b"<row "


class TooManyRowsError(Exception):
    """More rows than a sheet can hold."""


def write(frames: Iterable[pl.DataFrame], sheet: Sheet, path: Path) -> int:
    """Write the frames; returns how many rows. Raises TooManyRowsError."""
    rows = 0
    with xlsxwriter.Workbook(str(path), {**SETTINGS, "tmpdir": str(path.parent)}) as book:
        page = book.add_worksheet(sheet.name)
        page.freeze_panes(1, 0)
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        page.write_row(0, 0, [column.code for column in sheet.columns])
        for frame in frames:
            if rows + frame.height > MOST_ROWS:
                raise TooManyRowsError
            for row in frame.iter_rows():
                rows += 1
                _write_row(page, rows, row, day)
    return rows


def _write_row(page: Any, number: int, row: tuple[object, ...], day: Any) -> None:
    for place, cell in enumerate(row):
        if isinstance(cell, str):
            page.write_string(number, place, cell)
        elif isinstance(cell, date):
            page.write_datetime(number, place, cell, day)
        elif cell is not None:
            page.write_number(number, place, cell)


def count(path: Path) -> int:
    """The rows below the heading, read from the sheet itself."""
    found, rest = 0, b""
    with zipfile.ZipFile(path) as book, book.open("xl/worksheets/sheet1.xml") as page:
        while piece := page.read(1 << 20):
            whole = rest + piece
            found += whole.count(ROW)
            rest = whole[-(len(ROW) - 1) :]
    return found - 1
