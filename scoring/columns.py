"""From the columns of a table to answers, and from scores to the columns that are added."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from scoring.answers import allowed
from scoring.errors import TableError
from scoring.instrument import Instrument, Item
from scoring.tables import Table
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


def _level(item: Item, text: str) -> float | None:
    """Level in a cell, NaN where it is empty, nothing where it is not allowed."""
    if not text:
        return float("nan")
    if not _WHOLE.fullmatch(text) or not item.minimum <= float(text) <= item.maximum:
        return None
    return float(text)


def _refuse(bad: Sequence[str]) -> None:
    if bad:
        more = [f"... and {len(bad) - _SHOWN} more."] if len(bad) > _SHOWN else []
        raise TableError("\n".join([*bad[:_SHOWN], *more]))


def read_answers(table: Table, instrument: Instrument) -> dict[str, FloatArray]:
    """Answers by item, NaN where a cell is empty; all bad cells are named together."""
    answers: dict[str, FloatArray] = {}
    bad: list[str] = []
    for item in _items(table, instrument):
        cells = table.column(item.code)
        levels = [_level(item, text) for _, text in cells]
        bad += [
            f"{table.file}: line {line}: column {item.code}: {text!r} is not {allowed(item)}."
            for (line, text), level in zip(cells, levels, strict=True)
            if level is None
        ]
        answers[item.code] = np.array(levels, dtype=np.float64)
    _refuse(bad)
    return answers


def added_columns(table: Table, instrument: Instrument, scores: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Scores that the file does not hold yet; a score that is its own item is not added again."""
    items = {item.code for item in instrument.items}
    for name in scores:
        if name in table.header and name not in items:
            raise TableError(f"{table.file}: already has a column {name!r}, which scoring would add.")
    return {name: values for name, values in scores.items() if name not in table.header}
