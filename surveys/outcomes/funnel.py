"""How far each arm's visits came at each timepoint."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.types import BoolArray
from surveys.outcomes.cohort import Cohort, Standing


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """Episodes whose window is over and who lived, by how far they came; ``declined``: wanted no reminders."""

    arm: str
    arm_label: str
    timepoint: str
    expected: int
    sent: int
    opened: int
    started: int
    finished: int
    late: int
    declined: int
    withdrawn: int


def funnel(cohort: Cohort) -> tuple[FunnelRow, ...]:
    """One row per arm and timepoint whose window is over for anyone."""
    rows = (
        _row(cohort, arm, timepoint.code)
        for timepoint in cohort.protocol.timepoints
        for arm in cohort.shown_arms()
        if cohort.filters.timepoint in (None, timepoint.code)
    )
    return tuple(row for row in rows if row.expected)


def _row(cohort: Cohort, arm: str, timepoint: str) -> FunnelRow:
    standing = cohort.standing(timepoint)
    due = cohort.in_arm(arm) & standing.closed & (~standing.died | standing.finished)
    return FunnelRow(
        arm=arm,
        arm_label=cohort.protocol.arm(arm).label,
        timepoint=timepoint,
        expected=_n(due),
        declined=_n(due & cohort.declined),
        withdrawn=_n(due & standing.left),
        **_reached(standing, due),
    )


def _reached(standing: Standing, due: BoolArray) -> dict[str, int]:
    steps = ("sent", "opened", "started", "finished", "late")
    return {name: _n(due & getattr(standing, name)) for name in steps}


def _n(flags: BoolArray) -> int:
    return int(np.count_nonzero(flags))
