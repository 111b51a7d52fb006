"""What patients brought along and what happened to them, beside their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from scoring.types import BoolArray, FloatArray, TextArray

COVARIATES = ("age", "bmi", "opioid_use", "smoking")
DAYS = ("treated_on", "operated_on", "died_on", "left_on", "last_form", "told_operation")
DAYS_A_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True)
class AdverseEvent:
    """An adverse event as staff recorded it; ``place``: whose, in the order of the cohort; ``day``: an ordinal."""

    place: int
    day: float
    severity: int | None  # 1 mild … 5 fatal
    serious: bool | None = None  # None: not told
    related: str | None = None  # to the treatment, one of RELATEDNESS; None: not told


@dataclass(frozen=True, slots=True)
class Opioids:
    """Opioids at one timepoint as staff recorded them, an element per episode.

    ``mme``: MME a day, 0 or above, higher is worse, NaN where there is no number; ``not_evaluable``: recorded, and no
    number.
    """

    mme: FloatArray
    not_evaluable: BoolArray


@dataclass(frozen=True, slots=True)
class Facts:
    """An element per episode. Numbers are NaN and texts empty where not known; days are ordinals.

    ``opioid_use`` and ``smoking`` at enrolment: 1 yes, 0 no. ``dose``: million total nucleated cells of the first
    treatment done, ``treated_on`` its day. ``last_form``: when the question after an operation was last answered;
    ``told_operation``: the day of the first answer that told of one. ``opioids``: by timepoint.
    """

    age: FloatArray
    bmi: FloatArray
    opioid_use: FloatArray
    smoking: FloatArray
    dose: FloatArray
    treated_on: FloatArray
    operated_on: FloatArray
    died_on: FloatArray
    left_on: FloatArray
    last_form: FloatArray
    told_operation: FloatArray
    sex: TextArray
    pain_generator: TextArray
    diagnosis: TextArray
    events: tuple[AdverseEvent, ...] = ()
    opioids: Mapping[str, Opioids] = field(default_factory=dict)

    def months_to(self, day: FloatArray) -> FloatArray:
        """Months from the first treatment to a day; NaN where either is not known."""
        return (day - self.treated_on) / DAYS_A_MONTH


TEXTS = ("sex", "pain_generator", "diagnosis")
NUMBERS = (*COVARIATES, "dose", *DAYS)


def unknown(size: int) -> Facts:
    """Nothing known of so many."""
    columns: dict[str, Any] = {name: np.full(size, np.nan) for name in NUMBERS}
    columns |= {name: np.full(size, "", dtype=np.str_) for name in TEXTS}
    return Facts(**columns)


def joined(parts: Sequence[Facts]) -> Facts | None:
    """The facts of several cohorts end to end; None where none was asked for."""
    if not parts:
        return None
    whole: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in (*NUMBERS, *TEXTS)
    }
    events, start = [], 0
    for part in parts:
        events += [replace(event, place=event.place + start) for event in part.events]
        start += len(part.age)
    return Facts(**whole, events=tuple(events), opioids=_opioids(parts))


def no_opioids(size: int) -> Opioids:
    """Nothing recorded of so many."""
    return Opioids(np.full(size, np.nan), np.zeros(size, dtype=np.bool_))


def _opioids(parts: Sequence[Facts]) -> dict[str, Opioids]:
    codes = dict.fromkeys(code for part in parts for code in part.opioids)
    found = {code: [part.opioids.get(code) or no_opioids(len(part.age)) for part in parts] for code in codes}
    return {
        code: Opioids(np.concatenate([one.mme for one in own]), np.concatenate([one.not_evaluable for one in own]))
        for code, own in found.items()
    }


def those(facts: Facts, flags: BoolArray) -> Facts:
    """The facts of those flagged alone."""
    columns: dict[str, Any] = {name: getattr(facts, name)[flags] for name in (*NUMBERS, *TEXTS)}
    places = np.cumsum(flags) - 1
    own = (event for event in facts.events if flags[event.place])
    return Facts(**columns, events=tuple(replace(event, place=int(places[event.place])) for event in own))
