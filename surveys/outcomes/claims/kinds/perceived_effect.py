"""Global perceived effect: "69 % were much improved or better at 6 years"."""

from __future__ import annotations

import numpy as np

from surveys.outcomes.claims import words
from surveys.outcomes.claims.counts import met_at, rates_table
from surveys.outcomes.claims.found import Found, Kind, Table
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.specification import Specification

GPE = "gpe"
SUCCESS = 2  # of 1 completely recovered to 7 worse than ever
ANSWERS = (
    "completely recovered",
    "much improved",
    "slightly improved",
    "unchanged",
    "slightly worse",
    "much worse",
    "worse than ever",
)


def find(specification: Specification, frame: Frame) -> Found:
    """The first two answers of seven, in every arm at every follow-up."""
    met = f"say that they are {ANSWERS[0]} or {ANSWERS[1]}"
    table, figures = rates_table(
        specification,
        frame,
        lambda point: met_at(frame, point, GPE, frame.value(point.code, GPE) <= SUCCESS),
        f"Patients who {met}",
    )
    shares = {figure.arm: figure.share for figure in figures if figure.timepoint == specification.timepoint}
    said = [f"{words.rate(shares[arm.code])} in the arm {arm.label}" for arm in specification.arms]
    return Found(
        statement=f"At {specification.point.words}, {words.listed(said)} {met}.",
        method="Seven answers from completely recovered to worse than ever; the first two count as success, fixed "
        "beforehand. A question about the whole time since the treatment: what is remembered of the beginning is in "
        "the answer.",
        tables=(table, _answers(specification, frame)),
        figures=figures,
    )


def _answers(specification: Specification, frame: Frame) -> Table:
    rows = []
    for arm in specification.arms:
        given = frame.value(specification.timepoint, GPE)[frame.arm == arm.code]
        rows += [(arm.label, name, str(int(np.sum(given == level)))) for level, name in enumerate(ANSWERS, 1)]
    return Table(f"Every answer at {specification.point.words}", ("arm", "answer", "patients"), tuple(rows))


KIND = Kind(
    "perceived_effect",
    "Global perceived effect",
    "the global perceived effect",
    frozenset({"timepoint"}),
    find,
    scales=(GPE,),
)
