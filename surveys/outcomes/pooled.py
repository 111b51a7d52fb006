"""Cohorts of several clinics put end to end: what is counted from the whole is counted as from one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TypeVar

import numpy as np

from surveys.outcomes.cohort import Cohort, Reading, Standing
from surveys.outcomes.facts import joined

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
        {key: _joined(Reading, [each.reading(*key) for each in cohorts]) for key in keys},
        joined([each.facts for each in cohorts if each.facts is not None]),
    )


def _joined(kind: type[Part], parts: Sequence[Part]) -> Part:
    return kind(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in kind.__slots__})
