"""Cohorts of several clinics put end to end, and parts of one: what is counted from them is counted as from one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import TypeVar

import numpy as np

from scoring.types import BoolArray
from surveys.outcomes.cohort import Cohort, Key, Reading, Standing
from surveys.outcomes.facts import joined, those

Part = TypeVar("Part", Reading, Standing)


def pool(cohorts: Sequence[Cohort]) -> Cohort:
    """Return one cohort of all; they follow one protocol and were read with the same filters, at least one of them."""
    first = cohorts[0]
    timepoints = dict.fromkeys(chain.from_iterable(each.standings for each in cohorts))
    keys = dict.fromkeys(chain.from_iterable(each.readings for each in cohorts))
    return Cohort(
        first.protocol,
        first.filters,
        first.now,
        tuple(chain.from_iterable(each.ids for each in cohorts)),
        tuple(chain.from_iterable(each.arms for each in cohorts)),
        np.concatenate([each.declined for each in cohorts]),
        {code: _joined(Standing, [each.standing(code) for each in cohorts]) for code in timepoints},
        {key: _joined(Reading, [_as_read(each, key) for each in cohorts]) for key in keys},
        joined([each.facts for each in cohorts if each.facts is not None]),
    )


def _as_read(cohort: Cohort, key: tuple[str, Key]) -> Reading:
    """What the database told; nothing where nobody was asked."""
    nobody = np.zeros(len(cohort.ids), dtype=np.bool_)
    return cohort.readings.get(key) or Reading(np.full(len(nobody), np.nan), nobody, nobody, nobody)


def _joined(kind: type[Part], parts: Sequence[Part]) -> Part:
    return kind(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in _told(parts[0])})


def _told(part: Reading | Standing) -> list[str]:
    """The columns that it has."""
    return [name for name in part.__slots__ if getattr(part, name) is not None]


def subset(cohort: Cohort, flags: BoolArray) -> Cohort:
    """Return the cohort of those flagged alone."""
    places = np.flatnonzero(flags).tolist()
    return replace(
        cohort,
        ids=tuple(cohort.ids[at] for at in places),
        arms=tuple(cohort.arms[at] for at in places),
        declined=cohort.declined[flags],
        standings={code: _those(part, flags) for code, part in cohort.standings.items()},
        readings={key: _those(part, flags) for key, part in cohort.readings.items()},
        facts=None if cohort.facts is None else those(cohort.facts, flags),
    )


def _those(part: Part, flags: BoolArray) -> Part:
    return type(part)(**{name: getattr(part, name)[flags] for name in _told(part)})
