"""The sites together: those that can be read alone, and the small ones where all of them make a group large enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from scoring.types import BoolArray, IntArray
from surveys.outcomes.cohort import Cohort
from surveys.outcomes.pooled import pool, subset
from surveys.outcomes.registry.choices import Cells, open_arms
from surveys.outcomes.registry.telling import OTHERS, closed


@dataclass(frozen=True)
class Part:
    """What was read of one site: whom the choice fits, and everybody of the site by what the choice asks about."""

    cohort: Cohort
    cells: Cells

    @property
    def open(self) -> frozenset[str]:
        """The arms that can be read alone."""
        return open_arms(self.cells)

    def alone(self) -> Cohort:
        """The site by itself, without a word on arms that are too small."""
        return closed(self.cohort, frozenset(self.cohort.arms) - self.open)


def together(parts: Sequence[Part]) -> Cohort:
    """One cohort of all sites, at least one; an arm of the small sites is left out where it is small altogether."""
    unseen: Cells = Counter()
    for part in parts:
        unseen.update({key: n for key, n in part.cells.items() if key[0] not in part.open})
    also = open_arms(unseen)
    kept = [_kept(part, part.open | also) for part in parts]
    places = [_places(part, at, part.open)[flags] for at, (part, flags) in enumerate(zip(parts, kept, strict=True))]
    cohorts = [subset(part.cohort, flags) for part, flags in zip(parts, kept, strict=True)]
    left_out = {arm for part in parts for arm in part.cohort.arms} - {arm for each in cohorts for arm in each.arms}
    return closed(replace(pool(cohorts), sites=np.concatenate(places)), frozenset(left_out))


def _kept(part: Part, arms: frozenset[str]) -> BoolArray:
    flags: BoolArray = np.isin(part.cohort.arm_codes, sorted(arms))
    return flags


def _places(part: Part, at: int, alone: frozenset[str]) -> IntArray:
    places: IntArray = np.where(_kept(part, alone), at, OTHERS)
    return places


def left_out(parts: Sequence[Part]) -> int:
    """How many sites have somebody who is not even counted with the others."""
    unseen: Cells = Counter()
    for part in parts:
        unseen.update({key: n for key, n in part.cells.items() if key[0] not in part.open})
    counted = open_arms(unseen)
    return sum(1 for part in parts if {arm for arm, _cell in part.cells} - part.open - counted)
