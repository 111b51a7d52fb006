"""From the columns of a table to answers, and from scores to the columns that are added."""

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np

from scoring.answers import allowed
from scoring.errors import TableError
from scoring.instrument import Instrument, Item
from scoring.table import Table
from scoring.types import FloatArray

_WHOLE = re.compile(r"[+-]?[0-9]{1,9}(?:\.0+)?")
_SHOWN = 20  # bad cells, or columns found, named before the rest


def _items(table: Table, instrument: Instrument) -> list[Item]:
    """The items the file has; refused where one that is not optional has no column."""
    present = [item for item in instrument.items if item.code in table.header]
    missing = [item.code for item in instrument.items if item not in present and not item.optional]
    if not missing and present:
        return present
    wanted = missing or [item.code for item in instrument.items]
    words = "columns are missing" if len(wanted) > 1 else "column is missing"
    some = "" if missing else " (one or more of them is needed)"
    found = [*table.header[:_SHOWN], *(["..."] if len(table.header) > _SHOWN else [])]
    listed = f"{', '.join(wanted)}{some}. Found: {', '.join(found)}"
    raise TableError(f"{table.file}: {words} for {instrument.code}: {listed}.")


class _Levels(dict[str, float]):
    """Level by the text of a cell: NaN where it is empty, infinite where it is not allowed.

    Each distinct text is judged once: a column holds few of them.
    """

    def __init__(self, item: Item) -> None:
        super().__init__()
        self._item = item

    def __missing__(self, cell: str) -> float:
        text = cell.strip()
        level = float(text) if _WHOLE.fullmatch(text) else math.inf
        inside = self._item.minimum <= level <= self._item.maximum
        self[cell] = level if inside else math.inf if text else math.nan
        return self[cell]


def _refuse(bad: Sequence[str]) -> None:
    if bad:
        more = [f"... and {len(bad) - _SHOWN} more."] if len(bad) > _SHOWN else []
        raise TableError("\n".join([*bad[:_SHOWN], *more]))


def _bad(table: Table, item: Item, levels: FloatArray) -> list[str]:
    if not np.isinf(levels).any():
        return []
    return [
        f"{table.file}: {table.unit} {line}: column {item.code}: {text!r} is not {allowed(item)}."
        for (line, text), level in zip(table.column(item.code), levels, strict=True)
        if np.isinf(level)
    ]


def read_answers(table: Table, instrument: Instrument) -> dict[str, FloatArray]:
    """Answers by item, NaN where a cell is empty; all bad cells are named together."""
    answers: dict[str, FloatArray] = {}
    bad: list[str] = []
    for item in _items(table, instrument):
        judged = map(_Levels(item).__getitem__, table.texts(item.code))
        answers[item.code] = np.fromiter(judged, dtype=np.float64, count=len(table.rows))
        bad += _bad(table, item, answers[item.code])
    _refuse(bad)
    return answers


def added_columns(table: Table, instrument: Instrument, scores: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Scores that the file does not hold yet; a score that is its own item is not added again."""
    items = {item.code for item in instrument.items}
    for name in scores:
        if name in table.header and name not in items:
            raise TableError(f"{table.file}: already has a column {name!r}, which scoring would add.")
    return {name: values for name, values in scores.items() if name not in table.header}
