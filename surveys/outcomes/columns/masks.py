"""The choice of patients on columns: what ``conditions`` says to the database, said to arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.types import BoolArray, IntArray
from surveys.models.episode import PRODUCTS
from surveys.outcomes.columns.frame import Frame
from surveys.outcomes.columns.statements import UNKNOWN
from surveys.outcomes.columns.wire import day_number
from surveys.outcomes.filters import Filters


def chosen(frame: Frame, filters: Filters, among: IntArray | None = None) -> IntArray | None:
    """The places of the chosen, of all or ``among`` some; None where that is everybody."""
    found = list(_conditions(_Columns(frame, among), filters))
    if not found:
        return among
    flags = found[0].copy()
    for more in found[1:]:
        flags &= more
    at = np.flatnonzero(flags)
    return at if among is None else among[at]


class _Columns:
    """The columns of all, or of those at some places."""

    def __init__(self, frame: Frame, among: IntArray | None) -> None:
        self.frame, self.among = frame, among

    def __getitem__(self, name: str) -> NDArray[Any]:
        column = self.frame.people[name]
        return column if self.among is None else column[self.among]

    def words(self, name: str) -> tuple[str, ...]:
        return self.frame.words[name]


def _conditions(columns: _Columns, filters: Filters) -> Iterator[BoolArray]:
    if not columns.frame.everyone:
        yield columns["present"]
    yield from _same(columns, filters)
    yield from _between(columns, filters)
    yield from _treated(columns, filters)


def _same(columns: _Columns, filters: Filters) -> Iterator[BoolArray]:
    for name, wanted in (
        ("arm", filters.arm),
        ("pain_generator", filters.pain_generator),
        ("clinician", None if filters.clinician is None else str(filters.clinician)),
        ("sex", filters.sex or None),
    ):
        if wanted is not None:
            known = columns.words(name)
            yield columns[name] == (known.index(wanted) + 1 if wanted in known else UNKNOWN)
    if filters.opioid_use is not None:
        yield columns["opioid_use"] == int(filters.opioid_use)
    if filters.diagnosis:
        begins = [word.startswith(filters.diagnosis) for word in columns.words("diagnosis")]
        yield np.array([False, *begins])[columns["diagnosis"]]


def _between(columns: _Columns, filters: Filters) -> Iterator[BoolArray]:
    """Who has no value, lies in no span."""
    if filters.age_from is not None or filters.age_to is not None:
        yield columns["age"] != UNKNOWN
    yield from _span(columns["age"], filters.age_from, filters.age_to)
    yield from _span(columns["bmi"], filters.bmi_from, filters.bmi_to)
    first, last = (None if day is None else day_number(day) for day in (filters.enrolled_from, filters.enrolled_to))
    yield from _span(columns["enrolled_on"], first, last)


def _treated(columns: _Columns, filters: Filters) -> Iterator[BoolArray]:
    if filters.product:
        yield columns["products"] & (1 << PRODUCTS.index(filters.product)) != 0
    if filters.nth is not None:
        yield columns["treatments"] >= filters.nth
    yield from _span(columns["dose"], filters.dose_from, filters.dose_to)


def _span(column: NDArray[Any], low: float | None, high: float | None) -> Iterator[BoolArray]:
    if low is not None:
        yield column >= low
    if high is not None:
        yield column <= high
