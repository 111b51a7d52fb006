"""Spreadsheets in and out: CSV with a header line, every refusal naming file, line and column."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from scoring.errors import TableError
from scoring.types import FloatArray


@dataclass(frozen=True, slots=True)
class Row:
    """One record with the line of the file it starts on (the header is on line 1)."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file as text: nothing is converted, so that extra columns come out as they went in."""

    file: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    unit: str = "line"  # of a CSV file; rows of a Parquet file count from 1

    def column(self, name: str) -> list[tuple[int, str]]:
        """Line and text of each cell of a column."""
        place = self.header.index(name)
        return [(row.line, row.cells[place].strip()) for row in self.rows]


def _text(file: str) -> str:
    try:
        return Path(file).read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise TableError(f"{file}: there is no such file.") from error
    except IsADirectoryError as error:
        raise TableError(f"{file}: is a folder, not a CSV file.") from error
    except OSError as error:
        raise TableError(f"{file}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise TableError(f"{file}: line {line}: is not UTF-8 text. Save it as CSV UTF-8.") from error


def _rows(file: str, text: str) -> list[Row]:
    """Split into records. A blank line is no record, except as the empty cell of a single column."""
    if "\0" in text:
        raise TableError(f"{file}: holds NUL bytes, so it is no CSV text.")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    line = 1
    try:
        for cells in reader:
            only_cell = not cells and rows and len(rows[0].cells) == 1
            if cells or only_cell:
                rows.append(Row(line, tuple(cells) or ("",)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise TableError(f"{file}: line {line}: cannot be read as CSV ({error}).") from error
    return rows


def _check_header(file: str, header: Sequence[str]) -> None:
    if len(header) == 1 and ";" in header[0]:
        raise TableError(f"{file}: line 1: is separated by semicolons. Save it separated by commas.")
    seen: set[str] = set()
    for place, name in enumerate(header):
        if not name:
            raise TableError(f"{file}: line 1: column {place + 1} has no name.")
        if name in seen:
            raise TableError(f"{file}: line 1: the column {name!r} stands there twice.")
        seen.add(name)


def read_table(file: str) -> Table:
    """Read a CSV file in UTF-8, comma-separated, every line as wide as its header."""
    rows = _rows(file, _text(file))
    if not rows:
        raise TableError(f"{file}: is empty; a header line with the column names is needed.")
    header = tuple(name.strip() for name in rows[0].cells)
    _check_header(file, header)
    for row in rows[1:]:
        if len(row.cells) != len(header):
            raise TableError(f"{file}: line {row.line}: has {len(row.cells)} cells where the header has {len(header)}.")
    return Table(file, header, tuple(rows[1:]))


def number_text(value: float) -> str:
    """A number in full precision: 40 rather than 40.0, and empty where there is none."""
    if np.isnan(value):
        return ""
    return str(int(value)) if value.is_integer() else repr(value)


def write_table(table: Table, columns: Mapping[str, FloatArray], out: TextIO) -> None:
    """Write the file again with the columns appended."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*table.header, *columns])
    texts = [[number_text(value) for value in values.tolist()] for values in columns.values()]
    for place, row in enumerate(table.rows):
        writer.writerow([*row.cells, *(column[place] for column in texts)])
