"""Answers as arrays: checked against the instrument before anything is scored."""

from collections.abc import Mapping

import numpy as np

from scoring.errors import AnswerError
from scoring.instrument import Instrument, Item
from scoring.types import FloatArray


def allowed(item: Item) -> str:
    """What an item accepts, in words."""
    if item.kind == "boolean":
        return "0 (no), 1 (yes) or empty"
    return f"a whole number from {item.minimum} to {item.maximum}, or empty"


def _is_right(item: Item, values: FloatArray) -> bool:
    """Whether every value is a level or NaN; NaN alone differs from itself and from its rounding."""
    unanswered = np.count_nonzero(np.isnan(values))
    if unanswered == len(values):
        return True
    broken = np.count_nonzero(np.rint(values) != values) - unanswered
    lowest, highest = np.fmin.reduce(values), np.fmax.reduce(values)
    return bool(broken == 0 and lowest >= item.minimum and highest <= item.maximum)


def _check_values(item: Item, values: FloatArray) -> None:
    if _is_right(item, values):
        return
    wrong = next(value for value in values if not _is_right(item, np.array([value])))
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


def check_answers(instrument: Instrument, answers: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Refuse values outside an item's levels.

    Returns the answers in the order of the instrument. An item that is not optional and was not
    given at all counts as unanswered (NaN); an optional one stays out.
    """
    length = _length(instrument, answers)
    checked: dict[str, FloatArray] = {}
    for item in instrument.items:
        if item.code in answers:
            checked[item.code] = np.asarray(answers[item.code], dtype=np.float64)
            _check_values(item, checked[item.code])
        elif not item.optional:
            checked[item.code] = np.full(length, np.nan)
    return checked
