"""The columns of a file that a command works with, as numbers or text."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from scoring.errors import TableError
from scoring.tables import Table, read_table
from scoring.types import FloatArray, IntArray, TextArray

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?")
_SHOWN = 20  # bad cells, or columns found, named before the rest


@dataclass(frozen=True, slots=True)
class Columns:
    """n records: ``numbers`` are NaN and ``texts`` "" where a cell is empty, ``lines`` say where each stands."""

    file: str
    unit: str  # "line" of a CSV file, "row" of a Parquet file
    lines: IntArray
    numbers: Mapping[str, FloatArray]
    texts: Mapping[str, TextArray]

    def __len__(self) -> int:
        return len(self.lines)

    def error(self, record: int, column: str, reason: str) -> TableError:
        """Make the refusal of one cell, to be raised; ``record`` counts from 0."""
        return TableError(f"{self.file}: {self.unit} {self.lines[record]}: column {column}: {reason}")

    def refuse_empty(self, *names: str) -> None:
        """Refuse the file where any of these columns has an empty cell."""
        for name in names:
            empty = self.texts[name] == "" if name in self.texts else np.isnan(self.numbers[name])
            if empty.any():
                raise self.error(int(empty.argmax()), name, "is empty. Fill it in or leave the record out.")

    def refuse_outside(self, name: str, lowest: float, highest: float) -> None:
        """Refuse the file where a number lies outside a range; an empty cell does not."""
        values = self.numbers[name]
        outside = (values < lowest) | (values > highest)
        if outside.any():
            first = int(outside.argmax())
            reason = f"{values[first]:g} lies outside {lowest:g} to {highest:g}. Correct it or leave it empty."
            raise self.error(first, name, reason)

    def refuse_duplicates(self, *names: str) -> None:
        """Refuse the file where two records agree in all of these columns, for instance patient and timepoint."""
        seen: dict[tuple[object, ...], int] = {}
        values = [(self.texts[name] if name in self.texts else self.numbers[name]).tolist() for name in names]
        for record, key in enumerate(zip(*values, strict=True)):
            first = seen.setdefault(key, record)
            if first != record:
                words = f"{' and '.join(map(repr, key))} stands on {self.unit} {self.lines[first]} already."
                raise self.error(record, ", ".join(names), f"{words} Keep one record of each.")

    def keep(self, chosen: Sequence[bool] | np.typing.NDArray[np.bool_]) -> "Columns":
        """Give the chosen records only."""
        mask = np.asarray(chosen, dtype=bool)
        numbers = {name: values[mask] for name, values in self.numbers.items()}
        texts = {name: values[mask] for name, values in self.texts.items()}
        return Columns(self.file, self.unit, self.lines[mask], numbers, texts)


def _check_names(table: Table, names: Sequence[str]) -> None:
    missing = [name for name in dict.fromkeys(names) if name not in table.header]
    if missing:
        words = "columns are missing" if len(missing) > 1 else "column is missing"
        found = [*table.header[:_SHOWN], *(["..."] if len(table.header) > _SHOWN else [])]
        raise TableError(f"{table.file}: {words}: {', '.join(missing)}. Found: {', '.join(found)}.")


def _number(text: str) -> float | None:
    """Value of a cell, NaN where it is empty, nothing where it is no number."""
    if not text:
        return nan
    return float(text) if _NUMBER.fullmatch(text) else None


def _convert(table: Table, name: str, read: Callable[[str], float | None], bad: list[str]) -> FloatArray:
    cells = table.column(name)
    values = [read(text) for _line, text in cells]
    bad += [
        f"{table.file}: {table.unit} {line}: column {name}: {text!r} is not a number. Correct it or leave it empty."
        for (line, text), value in zip(cells, values, strict=True)
        if value is None
    ]
    return np.array([nan if value is None else value for value in values], dtype=np.float64)


def read_columns(
    file: str, *, numbers: Sequence[str] = (), texts: Sequence[str] = (), optional: Sequence[str] = ()
) -> Columns:
    """Read the named columns of a CSV or Parquet file; missing columns and all bad cells are named together.

    ``optional``: columns read as text where the file has them.
    """
    table = read_table(file)
    _check_names(table, [*numbers, *texts])
    texts = [*texts, *(name for name in optional if name in table.header)]
    bad: list[str] = []
    converted = {name: _convert(table, name, _number, bad) for name in dict.fromkeys(numbers)}
    if bad:
        raise TableError("\n".join([*bad[:_SHOWN], *([f"... and {len(bad) - _SHOWN} more."] * (len(bad) > _SHOWN))]))
    words = {name: np.array([text for _line, text in table.column(name)], dtype=np.str_) for name in texts}
    lines = np.array([row.line for row in table.rows], dtype=np.int64)
    return Columns(table.file, table.unit, lines, converted, words)
