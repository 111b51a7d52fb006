"""Which numbers may leave a clinic: none about a few patients, and no two that differ by so few."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scoring.types import BoolArray
from surveys.outcomes.cohort import Cohort

OTHERS = -1  # the place of every site that is counted with the others alone


def may_be_said(cohort: Cohort, flags: BoolArray) -> bool:
    """Whether a group may be counted: of nobody or of as many as its reader needs, ten outside a clinic.

    Without the sites that can be read alone it has to be so too.
    A site whose part of the group is too small to be read alone would be told by the whole less the others.
    """
    whole, smallest = int(np.count_nonzero(flags)), cohort.filters.fewest
    if cohort.sites is None or not whole:
        return not 0 < whole < smallest
    places, counts = np.unique(cohort.sites[flags], return_counts=True)
    unseen = int(counts[(places == OTHERS) | (counts < smallest)].sum())
    return whole >= smallest and not 0 < unseen < smallest


def closed(cohort: Cohort, arms: frozenset[str]) -> Cohort:
    """The same cohort without a word on some arms."""
    return replace(cohort, closed=cohort.closed | arms)
