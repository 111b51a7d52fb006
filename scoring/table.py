"""A table as text: nothing is converted, so that extra columns come out as they went in."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TextIO

from scoring.types import FloatArray


class Row(NamedTuple):
    """One record with the line of the file it starts on (the header is on line 1)."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A file, or a piece of one, with the whole header."""

    file: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    unit: str = "line"  # of a CSV file; rows of a Parquet file count from 1

    def texts(self, name: str) -> list[str]:
        """Text of each cell of a column, as it stands in the file."""
        place = self.header.index(name)
        return [row.cells[place] for row in self.rows]

    def column(self, name: str) -> list[tuple[int, str]]:
        """Line and text of each cell of a column, without spaces around it."""
        place = self.header.index(name)
        return [(row.line, row.cells[place].strip()) for row in self.rows]


def number_text(value: float) -> str:
    """A number in full precision: 40 rather than 40.0, and empty where there is none.

    >>> number_text(40.0), number_text(35.55555555555556), number_text(float("nan"))
    ('40', '35.55555555555556', '')
    """
    if value != value:  # noqa: PLR0124  NaN differs from itself
        return ""
    return str(int(value)) if value.is_integer() else repr(value)


class _Texts(dict[float, str]):
    """Each distinct number is written once: scores of one instrument take few values."""

    def __missing__(self, value: float) -> str:
        text = number_text(value)
        if value == value:  # noqa: PLR0124  a NaN is found under no key, so that keeping it would only fill memory
            self[value] = text
        return text


def write_table(table: Table, columns: Mapping[str, FloatArray], out: TextIO, *, header: bool = True) -> None:
    """Write the table again with the columns appended, in full precision."""
    writer = csv.writer(out, lineterminator="\n")
    if header:
        writer.writerow([*table.header, *columns])
    texts = [list(map(_Texts().__getitem__, values.tolist())) for values in columns.values()]
    added = zip(*texts, strict=True) if texts else iter([()] * len(table.rows))
    writer.writerows(row.cells + more for row, more in zip(table.rows, added, strict=True))
