"""Answers as arrays: checked against the instrument before anything is scored."""

from collections.abc import Iterator, Mapping

import numpy as np

from scoring.errors import AnswerError
from scoring.instrument import Instrument, Item
from scoring.types import FloatArray


def allowed(item: Item) -> str:
    """What an item accepts, in words."""
    if item.kind == "boolean":
        return "0 (no), 1 (yes) or empty"
    return f"a whole number from {item.minimum} to {item.maximum}, or empty"


def _wrong(item: Item, values: FloatArray) -> bool:
    """Whether any value is neither a level nor NaN: it differs from the nearest level, as NaN does too."""
    nearest = np.clip(values, item.minimum, item.maximum)
    right = int(np.count_nonzero(np.rint(nearest, out=nearest) == values))
    return right < len(values) and right + int(np.count_nonzero(np.isnan(values))) < len(values)


def _check_values(item: Item, values: FloatArray) -> None:
    if _wrong(item, values):
        wrong = next(value for value in values if _wrong(item, np.array([value])))
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


def checked_items(instrument: Instrument, answers: Mapping[str, FloatArray]) -> Iterator[tuple[str, FloatArray]]:
    """Yield each item's answers once they are checked, in the order of the instrument.

    Raises AnswerError at a value outside an item's levels. An item that is not optional and was not given at
    all counts as unanswered (NaN); an optional one stays out. One at a time, so that a rule that adds items
    up finds each still in the cache.
    """
    length = _length(instrument, answers)
    for item in instrument.items:
        if item.code in answers:
            values = np.asarray(answers[item.code], dtype=np.float64)
            _check_values(item, values)
            yield item.code, values
        elif not item.optional:
            yield item.code, np.full(length, np.nan)
