"""Results by diagnosis: the responder rate by where the pain comes from."""

from __future__ import annotations

from scoring.subgroups import EXPLORATORY, subgroup_table
from scoring.types import BoolArray
from surveys.outcomes.claims import words
from surveys.outcomes.claims.counts import rates_table
from surveys.outcomes.claims.found import RATE_COLUMNS, Found, Kind, Table, rate_cells
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.judging import Judged, judged_at
from surveys.outcomes.claims.specification import ArmAt, Specification


def find(specification: Specification, frame: Frame) -> Found:
    """Every diagnosis that anybody has, in every arm, and whether the arms differ along it."""
    found = judged_at(specification, frame, specification.point)
    levels = sorted(set(frame.text("pain_generator").tolist()) - {""})
    rule = words.rule(specification.judged_by.rule)
    table, figures = rates_table(
        specification, frame, lambda point: judged_at(specification, frame, point), f"Patients who {rule}"
    )
    said = [sentence for arm in specification.arms if (sentence := _sentence(frame, found, arm, levels))]
    return Found(
        statement=f"Patients who had {rule} at {specification.point.words}, by pain generator: {'; '.join(said)}.",
        method=f"Rates within each pain generator. {EXPLORATORY}",
        tables=(table, _rates(specification, frame, found, levels), _interaction(specification, frame, found)),
        figures=figures,
    )


def _sentence(frame: Frame, found: Judged, arm: ArmAt, levels: list[str]) -> str:
    shares = {level: found.share(_own(frame, arm, level)) for level in levels}
    said = [f"{words.rate(share)} for {words.code(level)}" for level, share in shares.items() if share.n]
    return f"{words.listed(said)} in the arm {arm.label}" if said else ""


def _own(frame: Frame, arm: ArmAt, level: str) -> BoolArray:
    own: BoolArray = (frame.arm == arm.code) & (frame.text("pain_generator") == level)
    return own


def _rates(specification: Specification, frame: Frame, found: Judged, levels: list[str]) -> Table:
    rows = []
    for level in levels:
        for arm in specification.arms:
            own = _own(frame, arm, level)
            rows.append((words.code(level), arm.label, str(int(own.sum())), *rate_cells(found.share(own))))
    columns = ("pain generator", "arm", "enrolled", *RATE_COLUMNS)
    return Table(f"By pain generator, at {specification.point.words}", columns, tuple(rows))


def _interaction(specification: Specification, frame: Frame, found: Judged) -> Table:
    rows = []
    for arm in (each for each in specification.treated if each.code != specification.reference):
        compared = subgroup_table(
            "pain generator",
            frame.text("pain_generator"),
            frame.arm,
            arm.code,
            specification.reference,
            found.evaluable,
            found.responded,
        )
        tested = compared.interaction
        rows.append((arm.label, str(tested.df), words.p_value(tested.p), tested.note))
    columns = ("arm against the reference", "df", "p", "note")
    return Table("Does the difference between arms depend on the pain generator", columns, tuple(rows))


KIND = Kind(
    "by_diagnosis",
    "Result by diagnosis",
    "a responder rate by pain generator",
    frozenset({"rule", "timepoint"}),
    find,
    facts=("pain_generator", "diagnosis"),
)
