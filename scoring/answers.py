"""Answers as arrays: checked against the instrument before anything is scored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from scoring.errors import AnswerError
from scoring.instrument import Instrument, Item
from scoring.types import BoolArray, FloatArray


def allowed(item: Item) -> str:
    """What an item accepts, in words."""
    if item.kind == "boolean":
        return "0 (no), 1 (yes) or empty"
    return f"a whole number from {item.minimum} to {item.maximum}, or empty"


def _gaps(item: Item, values: FloatArray, scratch: FloatArray) -> BoolArray | None:
    """Which values are NaN, None where none is; AnswerError where one is neither a level nor NaN.

    A level is its own nearest whole number, which NaN is not: where all are, nobody left the item out, and most of
    the work is saved.
    """
    whole = np.count_nonzero(np.equal(np.rint(values, out=scratch), values))
    gaps = None if whole == len(values) else np.isnan(values)
    lowest, highest = (np.minimum, np.maximum) if gaps is None else (np.fmin, np.fmax)  # the latter two pass NaN over
    broken = gaps is not None and whole + np.count_nonzero(gaps) < len(values)
    outside = lowest.reduce(values, initial=item.maximum) < item.minimum
    if broken or outside or highest.reduce(values, initial=item.minimum) > item.maximum:
        _refuse(item, values)
    return gaps


def _refuse(item: Item, values: FloatArray) -> NoReturn:
    levels = {float(level) for level in item.levels}
    wrong = next(value for value in values.tolist() if value == value and value not in levels)  # noqa: PLR0124
    raise AnswerError(f"{item.code} cannot be {wrong:g}: allowed is {allowed(item)}.")


def _check_codes(instrument: Instrument, answers: Mapping[str, FloatArray]) -> None:
    codes = {item.code for item in instrument.items}
    for code in answers:
        if code not in codes:
            raise AnswerError(f"{instrument.code} has no item {code!r}. Its items: {', '.join(sorted(codes))}.")


def _length(instrument: Instrument, answers: Mapping[str, FloatArray]) -> int:
    lengths = {len(values) for values in answers.values()}
    if len(lengths) != 1:
        found = "none" if not lengths else f"lengths {sorted(lengths)}"
        raise AnswerError(f"{instrument.code} needs one or more items of equal length, found {found}.")
    return lengths.pop()


def check_shape(instrument: Instrument, answers: Mapping[str, FloatArray]) -> int:
    """Refuse unknown items and unequal lengths; returns the number of records."""
    _check_codes(instrument, answers)
    return _length(instrument, answers)


@dataclass(frozen=True, slots=True)
class Checked:
    """Answers to one item. ``gaps``: which are NaN, None where everybody answered."""

    code: str
    values: FloatArray
    gaps: BoolArray | None


def checked_items(instrument: Instrument, answers: Mapping[str, FloatArray]) -> Iterator[Checked]:
    """Yield each item's answers once they are checked, in the order of the instrument.

    Raises AnswerError at a value outside an item's levels. An item that is not optional and was not given at
    all counts as unanswered (NaN); an optional one stays out. One at a time, so that a rule that adds items
    up finds each still in the cache.
    """
    length = _length(instrument, answers)
    scratch = np.empty(length)
    for item in instrument.items:
        if item.code in answers:
            values = np.asarray(answers[item.code], dtype=np.float64)
            yield Checked(item.code, values, _gaps(item, values, scratch))
        elif not item.optional:
            yield Checked(item.code, np.full(length, np.nan), np.ones(length, dtype=bool))
