"""Opioid use: the share of patients who take any, at each timepoint, and who stopped or began."""

from __future__ import annotations

import numpy as np

from scoring.two_arms import Proportion
from scoring.types import BoolArray
from surveys.outcomes.claims import words
from surveys.outcomes.claims.counts import met_at, rates_table
from surveys.outcomes.claims.found import RATE_COLUMNS, Found, Kind, Table, rate_cells
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.specification import ArmAt, Point, Specification


def find(specification: Specification, frame: Frame) -> Found:
    """Use at enrolment, as staff recorded it, and at each follow-up, as the patient said."""
    scale = specification.scales[0][0]
    table, figures = rates_table(
        specification,
        frame,
        lambda point: met_at(frame, point, scale, frame.value(point.code, scale) == 1),
        "Patients who take an opioid",
    )
    later = {figure.arm: figure.share for figure in figures if figure.timepoint == specification.timepoint}
    said = [
        f"{words.rate(_before(frame, arm))} at enrolment and {words.rate(later[arm.code])} at "
        f"{specification.point.words} in the arm {arm.label}"
        for arm in specification.arms
    ]
    return Found(
        statement=f"Patients who took an opioid: {'; '.join(said)}.",
        method="Use at enrolment is what staff recorded, use at a follow-up what the patient answered: not asked is "
        "not counted as no. Shares with Wilson intervals. Nothing is said about doses.",
        tables=(table, _changed(specification, frame, scale)),
        figures=figures,
    )


def _before(frame: Frame, arm: ArmAt) -> Proportion:
    known = frame.text("opioid_use")[frame.arm == arm.code]
    return Proportion(int((known == "yes").sum()), int((known != "").sum()))


def _changed(specification: Specification, frame: Frame, scale: str) -> Table:
    rows = [row for point in specification.follow_ups for row in _of_point(specification, frame, point, scale)]
    columns = ("timepoint", "arm", "of those who", "then", *RATE_COLUMNS)
    return Table("Who stopped and who began, among those known at both times", columns, tuple(rows))


def _of_point(specification: Specification, frame: Frame, point: Point, scale: str) -> list[tuple[str, ...]]:
    now, before = frame.value(point.code, scale), frame.text("opioid_use")
    rows = []
    for arm in specification.arms:
        both = (frame.arm == arm.code) & np.isfinite(now)
        stopped, began = _share(both & (before == "yes"), now == 0), _share(both & (before == "no"), now == 1)
        rows.append((point.words, arm.label, "took one at enrolment", "take none", *rate_cells(stopped)))
        rows.append((point.words, arm.label, "took none at enrolment", "take one", *rate_cells(began)))
    return rows


def _share(of: BoolArray, met: BoolArray) -> Proportion:
    return Proportion(int((of & met).sum()), int(of.sum()))


KIND = Kind(
    "opioid_change",
    "Change in opioid use",
    "whether an opioid is taken",
    frozenset({"timepoint", "opioids"}),
    find,
    facts=("opioid_use",),
)
