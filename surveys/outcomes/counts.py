"""The denominators of one arm at one timepoint."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.types import BoolArray
from surveys.outcomes.cohort import Cohort, Reading, Standing


@dataclass(frozen=True, slots=True)
class Counts:
    """Episodes. ``enrolled`` = ``not_yet_due`` + ``died`` + ``expected``.

    ``not_yet_due``: the window is still open or not planned. ``died``: before the window was over, without
    an answer. ``expected``: the window is over, the withdrawn included; of these ``withdrawn`` had left,
    ``answered`` did so in the window, ``late`` after it. ``early``: answered, the window still open.
    """

    enrolled: int
    not_yet_due: int
    died: int
    withdrawn: int
    expected: int
    answered: int
    late: int
    early: int


def expected(standing: Standing, reading: Reading) -> BoolArray:
    """Whose answer the clinic should have: the window is over, and they lived or had answered."""
    due: BoolArray = standing.closed & (~standing.died | reading.answered)
    return due


def count(cohort: Cohort, arm: str, timepoint: str, reading: Reading) -> Counts:
    """Count one arm at one timepoint for one scale."""
    standing, own = cohort.standing(timepoint), cohort.in_arm(arm)
    due = own & expected(standing, reading)
    dead = own & standing.died & ~reading.answered
    return Counts(
        enrolled=_n(own),
        not_yet_due=_n(own & ~due & ~dead),
        died=_n(dead),
        withdrawn=_n(due & standing.left),
        expected=_n(due),
        answered=_n(due & reading.answered),
        late=_n(due & reading.late),
        early=_n(own & ~due & reading.answered),
    )


def _n(flags: BoolArray) -> int:
    return int(np.count_nonzero(flags))
