"""How far each arm's visits came at each timepoint."""

from __future__ import annotations

from dataclasses import dataclass

from scoring.types import BoolArray
from surveys.outcomes.cohort import Cohort, Standing


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """Episodes whose window is over and who lived, by how far they came; ``declined``: wanted no reminders.

    ``furthest``: ``expected`` parted by the last step of ``FURTHEST`` that each reached.
    """

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
    furthest: tuple[int, ...]


FURTHEST = ("finished", "late", "started", "opened", "sent", "none")


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
    cohort = cohort.by_visit(timepoint)
    standing, number = cohort.standing(timepoint), cohort.number
    expected = due(cohort, timepoint) & cohort.in_arm(arm)
    return FunnelRow(
        arm=arm,
        arm_label=cohort.protocol.arm(arm).label,
        timepoint=timepoint,
        expected=number(expected),
        declined=number(expected & cohort.declined),
        withdrawn=number(expected & standing.left),
        furthest=tuple(number(flags & cohort.in_arm(arm)) for flags in furthest(cohort, timepoint).values()),
        **_reached(cohort, standing, expected),
    )


def due(cohort: Cohort, timepoint: str) -> BoolArray:
    """Whose window at a timepoint is over, and who lived or had finished."""
    standing = cohort.standing(timepoint)
    over: BoolArray = standing.closed & (~standing.died | standing.finished)
    return over


def furthest(cohort: Cohort, timepoint: str) -> dict[str, BoolArray]:
    """Each of those once, under the last step that they reached."""
    standing, left = cohort.standing(timepoint), due(cohort, timepoint)
    found = {}
    for step in FURTHEST[:-1]:
        found[step] = left & getattr(standing, step)
        left = left & ~found[step]
    return {**found, FURTHEST[-1]: left}


def _reached(cohort: Cohort, standing: Standing, expected: BoolArray) -> dict[str, int]:
    steps = ("sent", "opened", "started", "finished", "late")
    return {name: cohort.number(expected & getattr(standing, name)) for name in steps}
