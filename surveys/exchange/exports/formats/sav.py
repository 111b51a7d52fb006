"""SPSS: a case at a time, uncompressed (the archive around it is); codes are numbers with value labels.

pyreadstat, which reads these files in the tests, writes only what it holds in memory as a whole; therefore the format
is written here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from surveys.exchange.exports.columns import Sheet
from surveys.exchange.exports.formats.sav_header import CASES_AT, MISSING, WORD, Variable, header, variable

EPOCH = date(1582, 10, 14)  # of SPSS dates, which are seconds
DAY_SECONDS = 86_400
FIRST_DAY = (date(1970, 1, 1) - EPOCH).days
INT32 = 2**31 - 1
AT_ONCE = 4_000  # rows


class TooLongError(Exception):
    """A text that does not fit into its column."""


def write(frames: Iterable[pl.DataFrame], sheet: Sheet, path: Path) -> int:
    """Write the frames; returns how many rows."""
    variables = _variables(sheet)
    before, at = header(variables, sheet.title)
    rows = 0
    with path.open("wb") as file:
        file.write(before)
        for frame in frames:
            for part in frame.iter_slices(AT_ONCE):
                file.write(_cases(part, variables))
            rows += frame.height
        file.seek(CASES_AT)
        file.write(struct.pack("<i", rows if rows <= INT32 else -1))
        file.seek(at)
        file.write(struct.pack("<q", rows))
    return rows


def _variables(sheet: Sheet) -> list[Variable]:
    return [variable(number, column) for number, column in enumerate(sheet.columns, 1)]


def _cases(frame: pl.DataFrame, variables: Sequence[Variable]) -> bytes:
    cases = np.empty(frame.height, dtype=[(each.column.code, _kind(each)) for each in variables])
    for each in variables:
        series = frame[each.column.code]
        cases[each.column.code] = _texts(series, each) if each.is_text else _numbers(series, each)
    return cases.tobytes()


def _kind(each: Variable) -> str:
    return f"S{each.words * WORD}" if each.is_text else "<f8"


def _texts(series: pl.Series, each: Variable) -> Any:
    """Cells of one width, filled up with spaces; a column of plain letters is one look at the bytes."""
    full, texts = each.words * WORD, series.fill_null("")
    sizes = texts.str.len_bytes()
    if (sizes > each.column.width).any():
        raise TooLongError(each.column.code)
    if texts.len() and (sizes == texts.str.len_chars()).all():
        return np.frombuffer(texts.str.pad_end(full).str.join("").item().encode(), dtype=f"S{full}")
    return np.array([cell.encode().ljust(full) for cell in texts], dtype=f"S{full}")


def _numbers(series: pl.Series, each: Variable) -> Any:
    if each.codes:
        series = series.replace_strict(each.codes, return_dtype=pl.Float64)
    elif each.column.kind == "day":
        series = (series.cast(pl.Int32).cast(pl.Float64) + FIRST_DAY) * DAY_SECONDS
    return series.cast(pl.Float64).fill_null(MISSING).to_numpy()


def count(path: Path) -> int:
    """The cases that the header names and the file holds; both have to agree."""
    with path.open("rb") as file:
        first = file.read(176)
    words, cases = struct.unpack_from("<i", first, 68)[0], struct.unpack_from("<i", first, CASES_AT)[0]
    held, rest = divmod(path.stat().st_size - _data_begins(path), words * WORD)
    return held if not rest and cases in (held, -1) else -1


def _data_begins(path: Path) -> int:
    """After the record that ends the dictionary: 999 and 0, past the encoding."""
    with path.open("rb") as file:
        beginning, end = b"", struct.pack("<iiii", 7, 20, 1, 5) + b"UTF-8" + struct.pack("<ii", 999, 0)
        while (at := beginning.find(end)) < 0 and (piece := file.read(1 << 16)):
            beginning += piece
    return at + len(end)
