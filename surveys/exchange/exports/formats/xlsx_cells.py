"""Rows of a sheet as XML (ECMA-376, part 1, 18.3.1): a column at a time, not a cell at a time."""

from __future__ import annotations

import re
from datetime import date
from xml.sax.saxutils import escape

import polars as pl
from xlsxwriter.utility import xl_col_to_name

FIRST_DAY = (date(1970, 1, 1) - date(1899, 12, 30)).days  # days are counted from that one
# What is no letter of XML, what looks like the sign for one, and what only stays with a word about spaces.
SPECIAL = r"[&<>\x00-\x1f\x{fffe}\x{ffff}]|_x[0-9A-Fa-f]{4}_|^\s|\s$"
UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def rows_of(frame: pl.DataFrame, first: int) -> bytes:
    """The rows, of which the first has this number in the sheet; an empty cell is not there at all."""
    number = pl.Series("number", range(first, first + frame.height), dtype=pl.Int32).cast(pl.String)
    held = [(place, column) for place, column in enumerate(frame) if column.null_count() < frame.height]
    cells = [_cell(column, xl_col_to_name(place), number) for place, column in held]
    parts = [pl.lit('<row r="'), number, pl.lit('">'), *cells, pl.lit("</row>")]
    rows = pl.select(pl.concat_str(parts, ignore_nulls=True).str.join(""))
    return (rows.item() or "").encode() if frame.height else b""


def _cell(column: pl.Series, letters: str, number: pl.Series) -> pl.Expr:
    if column.dtype == pl.String:
        return _around(letters, number, '" t="inlineStr"><is>', _texts(column), "</is></c>")
    style = "" if column.dtype != pl.Date else ' s="1"'
    days = column.cast(pl.Int32) + FIRST_DAY if style else column
    return _around(letters, number, f'"{style}><v>', days.cast(pl.String), "</v></c>")


def _around(letters: str, number: pl.Series, before: str, content: pl.Series, after: str) -> pl.Expr:
    """The cell, or null where there is no content."""
    return pl.concat_str([pl.lit(f'<c r="{letters}'), number, pl.lit(before), content, pl.lit(after)])


def _texts(column: pl.Series) -> pl.Series:
    """Texts between their tags; the few that need more than that are looked at one by one."""
    if column.str.contains(SPECIAL).any():
        return pl.Series([None if cell is None else _text(cell) for cell in column], dtype=pl.String)
    return pl.select(pl.concat_str([pl.lit("<t>"), column, pl.lit("</t>")])).to_series()


def _text(cell: str) -> str:
    written = escape(UNWRITABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", cell))
    return f'<t xml:space="preserve">{written}</t>' if written != written.strip() else f"<t>{written}</t>"
