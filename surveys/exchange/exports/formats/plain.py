"""CSV: UTF-8 with a byte order mark, so that a spreadsheet reads it; nothing in it runs as a formula."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from surveys.cells import DANGEROUS
from surveys.exchange.exports.columns import Sheet

MARK = b"\xef\xbb\xbf"
PIECE = 1 << 20  # bytes


def write(frames: Iterable[pl.DataFrame], sheet: Sheet, path: Path) -> int:
    """Write the frames; returns how many rows."""
    rows = 0
    with path.open("wb") as file:
        file.write(MARK + ",".join(column.code for column in sheet.columns).encode() + b"\n")
        for frame in frames:
            frame.with_columns(_harmless(code) for code in frame.columns if frame[code].dtype == pl.String).write_csv(
                file, include_header=False
            )
            rows += frame.height
    return rows


def _harmless(code: str) -> pl.Expr:
    """An apostrophe before what a spreadsheet would run."""
    first = pl.col(code).str.slice(0, 1)
    return pl.when(first.is_in(list(DANGEROUS))).then(pl.lit("'") + pl.col(code)).otherwise(pl.col(code)).alias(code)


def count(path: Path) -> int:
    """The rows below the heading, read from the file itself; a text between quotes may have lines of its own."""
    lines, outside = 0, True
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            for number, part in enumerate(piece.split(b'"')):
                outside = outside if number == 0 else not outside
                lines += part.count(b"\n") if outside else 0
    return lines - 1
