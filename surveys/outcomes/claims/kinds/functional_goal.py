"""The patient's own goal: how many rate it as reached."""

from __future__ import annotations

from scoring.means import mean_interval
from surveys.outcomes.claims import words
from surveys.outcomes.claims.counts import met_at, rates_table
from surveys.outcomes.claims.found import Found, Kind, Table
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.specification import GOAL, Specification

REACHED = 8  # of 10, fully reached


def find(specification: Specification, frame: Frame) -> Found:
    """Ratings of 8 or more of 10, of those who have a goal and rated it."""
    met = f"rate their own goal at {REACHED} or more of 10"
    table, figures = rates_table(
        specification,
        frame,
        lambda point: met_at(frame, point, GOAL, frame.value(point.code, GOAL) >= REACHED),
        f"Patients who {met}",
    )
    shares = {figure.arm: figure.share for figure in figures if figure.timepoint == specification.timepoint}
    said = [f"{words.rate(shares[arm.code])} in the arm {arm.label}" for arm in specification.arms]
    return Found(
        statement=f"At {specification.point.words}, {words.listed(said)} {met}.",
        method="A goal in the patient's own words, rated from 0, not at all, to 10, fully reached. The words differ "
        f"from patient to patient, and {REACHED} as the limit is ours.",
        tables=(table, _means(specification, frame)),
        figures=figures,
    )


def _means(specification: Specification, frame: Frame) -> Table:
    rows = []
    for point in specification.follow_ups:
        for arm in specification.arms:
            found = mean_interval(frame.value(point.code, GOAL)[frame.arm == arm.code])
            numbers = (str(found.n), words.decimal(found.mean), words.decimal(found.sd), words.span(found.interval))
            rows.append((point.words, arm.label, *numbers))
    return Table("Mean rating", ("timepoint", "arm", "n", "mean", "SD", "95 % interval"), tuple(rows))


KIND = Kind(
    "functional_goal",
    "The patient's own goal",
    "how far the patient's own goal is reached",
    frozenset({"timepoint"}),
    find,
    scales=(GOAL,),
)
