"""Frozen rows: one line per episode, under a pseudonymous number, as columns of texts.

A timepoint's column holds how it stood (``closed``, ``died``, ``left``, ``operated``, joined by ``+``; empty while its
window was open); ``m12.odi`` holds a score, or why there is none: ``late``, ``proxy``, ``late_proxy``,
``not_scorable``, and nothing where nobody answered.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from scoring import consort
from scoring.types import BoolArray, FloatArray, TextArray
from surveys.cells import harmless
from surveys.outcomes.claims.specification import Specification
from surveys.outcomes.cohort import Reading

KEY = "episode"
FLAGS = ("closed", "died", "left", "operated")
ABSENT = ("late", "proxy", "late_proxy", "not_scorable")


def header(specification: Specification) -> tuple[str, ...]:
    """The columns, in their one order."""
    scales = [code for code, _value_set in specification.scales]
    of_points = [(point.code, *(f"{point.code}.{code}" for code in scales)) for point in specification.timepoints]
    return (KEY, "arm", *specification.facts, *chain.from_iterable(of_points))


def write_rows(names: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    """Canonical CSV: in the order of the pseudonymous numbers, lines ending in a newline alone."""
    file = io.StringIO()
    writer = csv.DictWriter(file, names, lineterminator="\n")
    writer.writeheader()
    for row in sorted(rows, key=lambda row: tuple(int(part) for part in row[KEY].split("-"))):
        writer.writerow({name: _safe(text) for name, text in row.items()})
    return file.getvalue()


def _safe(text: str) -> str:
    """A text that no spreadsheet runs; a number stays one, below 0 as well."""
    return text if math.isfinite(_number(text)) else harmless(text)


def read_rows(text: str) -> dict[str, dict[str, str]]:
    """The rows by their pseudonymous number."""
    return {row[KEY]: row for row in csv.DictReader(io.StringIO(text))}


@dataclass(frozen=True, slots=True)
class Frame:
    """The rows as arrays, an element per episode."""

    columns: Mapping[str, TextArray]
    size: int

    @classmethod
    def read(cls, text: str) -> Frame:
        """Read canonical CSV; raises ValueError where it is none."""
        rows = list(csv.reader(io.StringIO(text)))
        names, body = rows[0], rows[1:]
        if any(len(row) != len(names) for row in body):
            raise ValueError("A row has more or fewer columns than the header.")
        columns = {name: np.array([row[at] for row in body], dtype=np.str_) for at, name in enumerate(names)}
        return cls(columns, len(body))

    @property
    def arm(self) -> TextArray:
        """Code of the arm."""
        return self.columns["arm"]

    def text(self, name: str) -> TextArray:
        """A column; empty texts where the rows have none of it."""
        return self.columns.get(name, np.full(self.size, "", dtype=np.str_))

    def number(self, name: str) -> FloatArray:
        """A column as numbers, NaN where there is none."""
        return np.array([_number(each) for each in self.text(name).tolist()], dtype=np.float64)

    def value(self, timepoint: str, scale: str) -> FloatArray:
        """Scores answered in the window, by or with the patient."""
        return self.number(f"{timepoint}.{scale}")

    def has(self, timepoint: str, flag: str) -> BoolArray:
        """Who stood so at a timepoint."""
        return np.array([flag in each.split("+") for each in self.text(timepoint).tolist()], dtype=np.bool_)

    def reading(self, timepoint: str, scale: str) -> Reading:
        """What was read, as the dashboard reads it."""
        words, value = self.text(f"{timepoint}.{scale}"), self.value(timepoint, scale)
        late = np.isin(words, ("late", "late_proxy"))
        return Reading(value, np.isfinite(value) | np.isin(words, ("proxy", "not_scorable")), late, _proxy(words))

    def standing(self, timepoint: str, answered: BoolArray, late: BoolArray) -> consort.Standing:
        """Where everyone stands, for the denominators."""
        flags = {flag: self.has(timepoint, flag) for flag in ("closed", "died", "left")}
        return consort.Standing(flags["closed"], answered, late & ~answered, flags["died"], flags["left"])


def _proxy(words: TextArray) -> BoolArray:
    found: BoolArray = np.isin(words, ("proxy", "late_proxy"))
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
