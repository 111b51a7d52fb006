"""After one, two, three and more treatments: the responder rate by how many were given."""

from __future__ import annotations

from scoring.types import BoolArray
from surveys.outcomes.claims import words
from surveys.outcomes.claims.counts import rates_table
from surveys.outcomes.claims.found import RATE_COLUMNS, Found, Kind, Table, rate_cells
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.judging import Judged, judged_at
from surveys.outcomes.claims.specification import Specification

MOST = 4  # so many and more stand in one row


def find(specification: Specification, frame: Frame) -> Found:
    """The rate at one timepoint, by the number of treatments done."""
    found = judged_at(specification, frame, specification.point)
    rule = words.rule(specification.judged_by.rule)
    table, figures = rates_table(
        specification, frame, lambda point: judged_at(specification, frame, point), f"Patients who {rule}"
    )
    groups = _groups(frame)
    said = [f"{words.rate(share)} after {name}" for name, own in groups if (share := found.share(own)).n]
    return Found(
        statement=f"Patients who had {rule} at {specification.point.words}: {words.listed(said) or 'none judged yet'}.",
        method="By the number of treatments done by the day of the data; a decision for conventional care is none. Who "
        "needed more of them was worse before, or stayed longer: the groups are not comparable.",
        tables=(table, _by_number(specification, groups, found)),
        figures=figures,
    )


def _groups(frame: Frame) -> list[tuple[str, BoolArray]]:
    done = frame.number("treatments")
    exact = [(f"{n} treatment{'' if n == 1 else 's'}", done == n) for n in range(1, MOST)]
    return [*exact, (f"{MOST} treatments or more", done >= MOST)]


def _by_number(specification: Specification, groups: list[tuple[str, BoolArray]], found: Judged) -> Table:
    rows = [(name, str(int(own.sum())), *rate_cells(found.share(own))) for name, own in groups]
    columns = ("treatments", "enrolled", *RATE_COLUMNS)
    return Table(f"By number of treatments, at {specification.point.words}", columns, tuple(rows))


KIND = Kind(
    "treatment_series",
    "After the nth treatment",
    "a responder rate by the number of treatments",
    frozenset({"rule", "timepoint"}),
    find,
    facts=("treatments", "treatment_days"),
)
