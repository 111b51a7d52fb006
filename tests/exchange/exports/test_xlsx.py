"""Sheets of XLSX: what a cell holds comes back, whatever it is; what a sheet cannot hold is refused."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest

from surveys.exchange.exports.columns import Column, Sheet, integer, text
from surveys.exchange.exports.formats import xlsx

SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
PAGE = "xl/worksheets/sheet1.xml"
SHEET = Sheet(
    "one", "", (text("word", ""), integer("count", ""), Column("day", "day", ""), Column("value", "number", ""))
)
KINDS = {"word": pl.String, "count": pl.Int32, "day": pl.Date, "value": pl.Float64}
ROWS = [
    ("x<&>\"'", 1, date(2024, 1, 5), 0.1),
    ("=HYPERLINK(1)", None, None, 1 / 3),
    (" between\nspaces ", -7, date(1999, 12, 31), 1e-9),
    (None, 0, None, None),
    ("Núñez _x0041_", 2**31 - 1, None, 45.0),
    ("bell\x07", None, None, None),
]
FIRST_DAY = date(1899, 12, 30)


def cells(path: Path) -> list[dict[str, str]]:
    """Every row: the text or number of each cell by its place."""
    with zipfile.ZipFile(path) as book:
        page = ElementTree.fromstring(book.read(PAGE))  # noqa: S314 - our own file
    return [{cell.get("r", ""): "".join(cell.itertext()) for cell in row} for row in page.iter(f"{SPACE}row")]


def decoded(cell: str) -> str:
    """A text as a spreadsheet reads it: a letter that XML has not stands as its number."""
    return re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), cell)


def test_every_cell_comes_back_and_an_empty_one_is_not_there(tmp_path: Path) -> None:
    frame = pl.DataFrame(ROWS, schema=KINDS, orient="row")
    path = tmp_path / "one.xlsx"
    assert xlsx.write([frame, frame.head(0), frame], SHEET, path) == xlsx.count(path) == 2 * len(ROWS)
    heading, *rows = cells(path)
    assert list(heading.values()) == list(KINDS)
    for number, (row, expected) in enumerate(zip(rows, 2 * ROWS, strict=True), 2):
        word, count, day, value = expected
        there = {"A": word, "B": count, "C": day and (day - FIRST_DAY).days, "D": value}
        wanted = {f"{place}{number}": cell for place, cell in there.items() if cell is not None}
        assert {place: decoded(cell) if place[0] == "A" else float(cell) for place, cell in row.items()} == wanted


def test_no_row_is_a_heading_alone(tmp_path: Path) -> None:
    path = tmp_path / "one.xlsx"
    assert xlsx.write([], SHEET, path) == xlsx.count(path) == 0
    assert [list(row.values()) for row in cells(path)] == [list(KINDS)]


def test_a_row_more_than_a_sheet_holds_is_refused_not_cut(tmp_path: Path) -> None:
    word = Sheet("one", "", (integer("count", ""),))
    few, rest = pl.DataFrame({"count": [1]}), pl.DataFrame({"count": pl.zeros(xlsx.MOST_ROWS, eager=True)})
    with pytest.raises(xlsx.TooManyRowsError):
        xlsx.write([few, rest], word, tmp_path / "one.xlsx")
