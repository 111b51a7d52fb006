"""Responders over time: "74, 66 and 56 % had less pain at 3, 6 and 12 months"."""

from __future__ import annotations

from scoring.errors import ScoringError
from scoring.imputed_responders import ImputedAnalysis
from scoring.over_time import two_views
from scoring.responders import of_patients
from surveys.outcomes.claims import words
from surveys.outcomes.claims.counts import rates_table
from surveys.outcomes.claims.found import RATE_COLUMNS, Figure, Found, Kind, Table, rate_cells
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.imputed import method_of, pooled_at, pooled_table, pooled_words
from surveys.outcomes.claims.judging import judged_at
from surveys.outcomes.claims.specification import ArmAt, Specification

Pooled = dict[str, ImputedAnalysis]  # by timepoint


def find(specification: Specification, frame: Frame) -> Found:
    """The rate of every arm at every follow-up that anybody could be judged at."""
    rule = words.rule(specification.judged_by.rule)
    table, figures = rates_table(
        specification, frame, lambda point: judged_at(specification, frame, point), f"Patients who {rule}"
    )
    pooled, notes = _pooled(specification, frame, figures)
    said = [sentence for arm in specification.arms if (sentence := _sentence(specification, arm, figures, pooled))]
    imputed = (pooled_table(specification, pooled),) if pooled else ()
    return Found(
        statement=f"Patients who had {rule}: {'; '.join(said) or 'nobody can be judged yet'}.",
        method="Rates with Wilson intervals at each follow-up. Those who answered differ from one follow-up to the "
        "next; the table of the same patients shows whether that matters."
        f"{method_of(next(iter(pooled.values()), None))}",
        tables=(table, *imputed, _same(specification, frame, figures)),
        figures=figures,
        notes=notes,
    )


def _pooled(specification: Specification, frame: Frame, figures: list[Figure]) -> tuple[Pooled, list[str]]:
    """Imputed analyses at the follow-ups that anybody answered, and why there is none at others; empty otherwise."""
    seen = {figure.timepoint for figure in figures if figure.share.n}
    pooled: Pooled = {}
    notes = []
    for point in (each for each in specification.follow_ups if each.code in seen):
        try:
            found = pooled_at(specification, frame, point)
        except ScoringError as problem:
            notes.append(f"At {point.words} rates are as observed. {problem}")
            continue
        pooled |= {point.code: found} if found else {}
    return pooled, notes


def _sentence(specification: Specification, arm: ArmAt, figures: list[Figure], pooled: Pooled) -> str:
    own = {figure.timepoint: figure.share for figure in figures if figure.arm == arm.code and figure.share.n}
    told = {code: words.rate(share) for code, share in own.items()}
    told |= {code: pooled_words(found)[arm.code] for code, found in pooled.items() if code in own}
    said = [f"{told[point.code]} at {point.words}" for point in specification.follow_ups if point.code in own]
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
    imputes=True,
)
