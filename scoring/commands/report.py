"""Results as a table to read, CSV or JSON."""

import argparse
import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from math import isfinite
from typing import Any

import numpy as np

from scoring.errors import ScoringError
from scoring.tables import number_text

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Section:
    """One table: a title, rows of the same columns, and sentences that belong below it.

    A cell is text, a number, a flag, nothing (None), or an interval as a pair of numbers. Columns of ``csv_only`` are
    too wide for a table to read.
    """

    title: str
    rows: Sequence[Row]
    notes: Sequence[str] = ()
    csv_only: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a command found: ``document`` is printed as JSON, ``sections`` as a table or as CSV."""

    document: Mapping[str, object]
    sections: Sequence[Section] = field(default_factory=tuple)


def emit(report: Report, options: argparse.Namespace) -> str:
    """Print the report in the format that was asked for."""
    if options.format == "json":
        return json.dumps(plain(report.document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return _as_csv(report.sections) if options.format == "csv" else _as_tables(report.sections)


def plain(value: object) -> Any:
    """Make of arrays, dataclasses, pairs and NumPy numbers what JSON knows. A number that is none is a fault."""
    if isinstance(value, np.generic | np.ndarray):
        return plain(value.tolist())
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float) and not isfinite(value):
        raise ScoringError("A figure came out as no finite number and is not printed; please report this input.")
    return value


def _names(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _shown(value: object) -> str:
    """Text of a cell for reading: three decimals at most, an interval as ``8.7 to 13.4``."""
    if value is None:
        return "-"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return " to ".join(_shown(each) for each in value)
    if isinstance(value, float | np.floating):
        return _decimals(float(value))
    return str(value)


def _decimals(value: float) -> str:
    if value != 0 and abs(value) < 0.001:
        return f"{value:.1e}"
    return f"{value:.3f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"


def _numeric(values: Sequence[object]) -> bool:
    return all(value is None or isinstance(value, int | float | np.number | tuple | list) for value in values)


def _as_tables(sections: Sequence[Section]) -> str:
    return "\n".join(_as_table(section) for section in sections)


def _as_table(section: Section) -> str:
    names = [name for name in _names(section.rows) if name not in section.csv_only]
    lines = [section.title] if section.title else []
    columns = []
    for name in names:
        values = [row.get(name) for row in section.rows]
        cells = [name, *(_shown(value) for value in values)]
        width = max(map(len, cells))
        columns.append([cell.rjust(width) if _numeric(values) else cell.ljust(width) for cell in cells])
    lines += ["  ".join(cells).rstrip() for cells in zip(*columns, strict=True)]
    return "".join(f"{line}\n" for line in [*lines, *section.notes])


def _spread(row: Row, pairs: frozenset[str]) -> dict[str, object]:
    """Make two columns of an interval, ``ci_low`` and ``ci_high``, both empty where there is none."""
    cells: dict[str, object] = {}
    for name, value in row.items():
        low, high = value if isinstance(value, tuple | list) else (value, None)
        cells |= {f"{name}_low": low, f"{name}_high": high} if name in pairs else {name: value}
    return cells


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return number_text(float(value)) if isinstance(value, float | np.floating) else str(value)


def _as_csv(sections: Sequence[Section]) -> str:
    """One table in full precision; several sections stand below each other, named in the first column."""
    titled = len(sections) > 1
    given = [({"section": section.title} if titled else {}) | dict(row) for section in sections for row in section.rows]
    pairs = frozenset(name for row in given for name, value in row.items() if isinstance(value, tuple | list))
    rows = [_spread(row, pairs) for row in given]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = _names(rows)
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return out.getvalue()
