"""Opioid use: who takes any at each timepoint, who stopped or began, and the dose where staff recorded it."""

from __future__ import annotations

import numpy as np

from scoring.two_arms import Proportion
from scoring.types import BoolArray
from surveys.i18n import gettext as _
from surveys.outcomes.claims import words
from surveys.outcomes.claims.counts import met_at, rates_table
from surveys.outcomes.claims.doses import any_dose, dose_sentence, dose_tables
from surveys.outcomes.claims.found import RATE_COLUMNS, ClaimError, Found, Kind, Table, rate_cells
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.specification import DOSE, ArmAt, Point, Specification


def find(specification: Specification, frame: Frame) -> Found:
    """Use at enrolment, as staff recorded it, and at each follow-up, as the patient said; doses as staff recorded."""
    dosed = any_dose(specification, frame)
    scale = specification.scales[0][0]
    if scale == DOSE and not dosed:
        raise ClaimError(
            _("This protocol does not ask about opioids, and no dose is recorded: nothing can be said of them.")
        )
    table, figures = rates_table(
        specification,
        frame,
        lambda point: met_at(frame, point, scale, frame.value(point.code, scale) > 0),
        "Patients who take an opioid",
    )
    said = [_both(specification, frame, arm) for arm in specification.arms]
    known = [f"{words.rate(_before(frame, arm))} in the arm {arm.label}" for arm in specification.arms]
    use = f"Patients who took an opioid, of those known both times: {'; '.join(said)}. "
    use += f"At enrolment, of all whose use is known: {'; '.join(known)}."
    return Found(
        statement=f"{use} {dose_sentence(specification, frame)}" if dosed else use,
        method=_method(scale, dosed=dosed),
        tables=(table, *(dose_tables(specification, frame) if dosed else ()), _changed(specification, frame, scale)),
        figures=figures,
    )


def _method(scale: str, *, dosed: bool) -> str:
    later = "what staff recorded" if scale == DOSE else "what the patient answered"
    use = f"Use at enrolment is what staff recorded, use at a follow-up {later}: not asked is not counted as no."
    doses = (
        "Doses are what staff recorded inside the window, by published factors that compare groups and never convert a "
        "patient's drug; buprenorphine, use as needed and an unknown dose give no number, and nothing is carried on."
        if dosed
        else "Nothing is said about doses: none is recorded."
    )
    return f"{use} Shares with Wilson intervals. {doses}"


def known_use(specification: Specification, frame: Frame) -> BoolArray:
    """Whose use is known at enrolment and at the timepoint of the statement, and counted there."""
    point, scale = specification.point, specification.scales[0][0]
    taking = met_at(frame, point, scale, frame.value(point.code, scale) > 0)
    both: BoolArray = taking.evaluable & (frame.text("opioid_use") != "")
    return both


def _both(specification: Specification, frame: Frame, arm: ArmAt) -> str:
    """The same people before and after."""
    own, point = (frame.arm == arm.code) & known_use(specification, frame), specification.point
    later = frame.value(point.code, specification.scales[0][0]) > 0
    before = words.rate(_share(own, frame.text("opioid_use") == "yes"))
    return f"{before} at enrolment and {words.rate(_share(own, later))} at {point.words} in the arm {arm.label}"


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
        stopped, began = _share(both & (before == "yes"), now == 0), _share(both & (before == "no"), now > 0)
        rows.append((point.words, arm.label, "took one at enrolment", "take none", *rate_cells(stopped)))
        rows.append((point.words, arm.label, "took none at enrolment", "take one", *rate_cells(began)))
    return rows


def _share(of: BoolArray, met: BoolArray) -> Proportion:
    return Proportion(int((of & met).sum()), int(of.sum()))


KIND = Kind(
    "opioid_change",
    "Change in opioid use",
    "opioid use",
    frozenset({"timepoint", "opioids"}),
    find,
    facts=("opioid_use",),
)
