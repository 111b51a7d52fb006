"""XLSX: every text as a text, so that no cell is a formula.

xlsxwriter makes the workbook and the heading; the rows are put into its sheet as whole columns of XML, since it takes
a call for each cell.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import polars as pl
import xlsxwriter

from surveys.exchange.exports.columns import Sheet
from surveys.exchange.exports.formats.xlsx_cells import rows_of

MOST_ROWS = 1_048_575  # below the heading; a sheet holds no more
MOST_BYTES = 2**31 - (1 << 28)  # of a sheet, as an archive without extensions holds it, with room for one frame
SETTINGS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
SHEET = "xl/worksheets/sheet1.xml"
EPOCH = (1980, 1, 1, 0, 0, 0)
CELLS, FEWEST = 40_000, 250  # at once, and rows where columns are many: each column has a cost of its own
LEVEL = 1  # of packing: the sheet is ten times as large before it as after
ROW, FIRST, END = b"<row ", b'<row r="2"', b"</sheetData>"


DIMENSION = re.compile(rb"<dimension [^>]*/>")  # may be left out, and is not known before the last row


class TooManyRowsError(Exception):
    """More rows than a sheet can hold."""


def write(frames: Iterable[pl.DataFrame], sheet: Sheet, path: Path) -> int:
    """Write the frames; returns how many rows. Raises TooManyRowsError."""
    empty = path.with_suffix(".empty")
    _heading(sheet, empty)
    with zipfile.ZipFile(empty) as book, zipfile.ZipFile(path, "w", compresslevel=LEVEL) as made:
        for name in book.namelist():
            if name != SHEET:
                made.writestr(_entry(name), book.read(name))
        before, _first, after = book.read(SHEET).partition(FIRST)
        with made.open(_entry(SHEET), "w") as page:
            page.write(DIMENSION.sub(b"", before))
            rows = _write(frames, page)
            page.write(after[after.index(END) :])
    empty.unlink()
    return rows


def _heading(sheet: Sheet, path: Path) -> None:
    """A workbook with the heading, and below it one day: so the format of days is in it, as its first."""
    with xlsxwriter.Workbook(str(path), {**SETTINGS, "tmpdir": str(path.parent)}) as book:
        page = book.add_worksheet(sheet.name)
        page.freeze_panes(1, 0)
        page.write_row(0, 0, [column.code for column in sheet.columns])
        page.write_number(1, 0, 0, book.add_format({"num_format": "yyyy-mm-dd"}))


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _write(frames: Iterable[pl.DataFrame], page: IO[bytes]) -> int:
    rows = size = 0
    for frame in frames:
        if rows + frame.height > MOST_ROWS or size > MOST_BYTES:
            raise TooManyRowsError
        for part in frame.iter_slices(max(FEWEST, CELLS // frame.width)):
            size += page.write(rows_of(part, rows + 2))
            rows += part.height
    return rows


def count(path: Path) -> int:
    """The rows below the heading, read from the sheet itself."""
    found, rest = 0, b""
    with zipfile.ZipFile(path) as book, book.open(SHEET) as page:
        while piece := page.read(1 << 20):
            whole = rest + piece
            found += whole.count(ROW)
            rest = whole[-(len(ROW) - 1) :]
    return found - 1
