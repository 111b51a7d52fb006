"""Responders over time: "74, 66 and 56 % had less pain at 3, 6 and 12 months"."""

from __future__ import annotations

from scoring.over_time import two_views
from scoring.responders import of_patients
from surveys.outcomes.claims import words
from surveys.outcomes.claims.counts import rates_table
from surveys.outcomes.claims.found import RATE_COLUMNS, Figure, Found, Kind, Table, rate_cells
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.judging import judged_at
from surveys.outcomes.claims.specification import ArmAt, Specification


def find(specification: Specification, frame: Frame) -> Found:
    """The rate of every arm at every follow-up that anybody could be judged at."""
    rule = words.rule(specification.judged_by.rule)
    table, figures = rates_table(
        specification, frame, lambda point: judged_at(specification, frame, point), f"Patients who {rule}"
    )
    said = [sentence for arm in specification.arms if (sentence := _sentence(specification, arm, figures))]
    return Found(
        statement=f"Patients who had {rule}: {'; '.join(said) or 'nobody can be judged yet'}.",
        method="Rates with Wilson intervals at each follow-up. Those who answered differ from one follow-up to the "
        "next; the table of the same patients shows whether that matters.",
        tables=(table, _same(specification, frame, figures)),
        figures=figures,
    )


def _sentence(specification: Specification, arm: ArmAt, figures: list[Figure]) -> str:
    own = {figure.timepoint: figure.share for figure in figures if figure.arm == arm.code and figure.share.n}
    said = [
        f"{words.rate(own[point.code])} at {point.words}" for point in specification.follow_ups if point.code in own
    ]
    return f"{words.listed(said)} in the arm {arm.label}" if said else ""


def _same(specification: Specification, frame: Frame, figures: list[Figure]) -> Table:
    """Those who were evaluable at every follow-up that has any."""
    seen = {figure.timepoint for figure in figures if figure.share.n}
    points = [point for point in specification.follow_ups if point.code in seen]
    judged = {point.code: judged_at(specification, frame, point).verdict for point in points}
    rows = []
    for arm in specification.arms if judged else ():
        own = {code: of_patients(result, frame.arm == arm.code) for code, result in judged.items()}
        views = {view.timepoint: view for view in two_views(own)}
        rows += [(point.words, arm.label, *rate_cells(views[point.code].same)) for point in points]
    return Table("The same patients throughout", ("timepoint", "arm", *RATE_COLUMNS), tuple(rows))


KIND = Kind(
    "responders_over_time",
    "Responders over time",
    "a responder rate at each follow-up",
    frozenset({"rule", "timepoint"}),
    find,
)
