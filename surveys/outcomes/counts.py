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
    ``answered`` did so in the window, ``late`` after it. ``early``: of those not yet due, answered already.
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
    standing, own, number = cohort.standing(timepoint), cohort.in_arm(arm), cohort.number
    due = own & expected(standing, reading)
    early = np.zeros_like(own) if reading.early is None else own & reading.early
    dead = own & standing.died & ~reading.answered & ~early
    return Counts(
        enrolled=number(own),
        not_yet_due=number(own & ~due & ~dead),
        died=number(dead),
        withdrawn=number(due & standing.left),
        expected=number(due),
        answered=number(due & reading.answered),
        late=number(due & reading.late),
        early=number(early),
    )
