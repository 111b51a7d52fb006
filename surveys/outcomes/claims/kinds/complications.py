"""Complication rate: adverse events by patient and by time, with the upper limit where there were none."""

from __future__ import annotations

from scoring.two_arms import Proportion
from surveys.outcomes.claims import words
from surveys.outcomes.claims.counts import met_at, rates_table
from surveys.outcomes.claims.found import RATE_COLUMNS, Found, Kind, Table, rate_cells
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.harms import of_arm
from surveys.outcomes.claims.specification import Specification

REPORTED = "new_problem"  # the patient's own answer, asked at each follow-up


def find(specification: Specification, frame: Frame) -> Found:
    """What staff recorded, and what patients reported at each follow-up."""
    table, figures = rates_table(
        specification,
        frame,
        lambda point: met_at(frame, point, REPORTED, frame.value(point.code, REPORTED) == 1),
        "Patients who reported a new problem",
    )
    said, rows = [], []
    for arm in specification.arms:
        found = of_arm(frame, arm.code)
        any_of = Proportion(found.any, found.patients)
        counts = {"severe or worse": found.severe, "serious": found.serious}
        worse = {name: Proportion(k, found.patients) for name, k in counts.items()}
        said.append(f"{words.rate(any_of)} in the arm {arm.label}")
        exposure = (str(found.events), words.decimal(found.years), words.decimal(found.per_hundred))
        rows.append((arm.label, "any adverse event", *rate_cells(any_of), *exposure))
        rows += [(arm.label, name, *rate_cells(share), *(words.DASH,) * 3) for name, share in worse.items()]
    columns = ("arm", "what", *RATE_COLUMNS, "events", "patient-years", "events per 100 patient-years")
    return Found(
        statement=f"Patients with a recorded adverse event: {'; '.join(said)}.",
        method="Adverse events as staff recorded them, of those treated, from the first treatment or the decision "
        "for conventional care to the end of follow-up or the day of the data. Serious is what staff called so. "
        "What nobody reported is not in it: the patients' own answers stand beside; not asked is not counted as no.",
        tables=(Table("Recorded by staff", columns, tuple(rows)), table),
        figures=figures,
    )


KIND = Kind(
    "complications",
    "Complication rate",
    "adverse events",
    frozenset({"timepoint"}),
    find,
    scales=(REPORTED,),
    at_timepoint=False,
)
