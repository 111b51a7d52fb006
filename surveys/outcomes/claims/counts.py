"""The table that every claim carries: all arms at all scheduled timepoints, with their denominators."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from scoring import consort
from scoring.types import BoolArray
from scoring.verdict import NO, YES, ResponderResult
from surveys.outcomes.claims.found import RATE_COLUMNS, Figure, Table, rate_cells
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.judging import Judged, flows, of_standing
from surveys.outcomes.claims.specification import ArmAt, Point, Specification
from surveys.outcomes.claims.words import DASH, percent

COUNTS = ("enrolled", "not_yet_due", "died", "withdrawn", "expected", "answered", "late")
HEADINGS = ("enrolled", "not yet due", "died", "left", "expected", "answered in the window", "late")
NOT_ASKED = "not asked"
Judge = Callable[[Point], Judged]


def unjudged(frame: Frame, point: Point, scale: str) -> Judged:
    """Where everyone stands at a timepoint for a scale that no rule judges: whoever has a score is evaluable."""
    known = np.isfinite(frame.value(point.code, scale))
    status = np.where(known, NO.value, "not_evaluable")
    return of_standing(frame, point, scale, ResponderResult(status, np.full(frame.size, "", dtype=np.str_)))


def met_at(frame: Frame, point: Point, scale: str, met: BoolArray) -> Judged:
    """Judge those who have a score by a condition on it."""
    known = np.isfinite(frame.value(point.code, scale))
    status = np.select([known & met, known], [YES.value, NO.value], "not_evaluable")
    return of_standing(frame, point, scale, ResponderResult(status, np.full(frame.size, "", dtype=np.str_)))


def each_place(specification: Specification) -> Iterator[tuple[Point, ArmAt]]:
    """Every follow-up with every arm."""
    return ((point, arm) for point in specification.follow_ups for arm in specification.arms)


def rates_table(specification: Specification, frame: Frame, judge: Judge, title: str) -> tuple[Table, list[Figure]]:
    """Rates and denominators at every follow-up in every arm, and the same as figures; none where nobody is asked."""
    rows: list[tuple[str, ...]] = []
    figures = []
    for point in specification.follow_ups:
        if specification.scales[0][0] not in point.asked:
            rows += _not_asked(specification, point, len(RATE_COLUMNS))
            continue
        found = judge(point)
        counted = flows(frame, found)
        for arm in specification.arms:
            share = found.share(frame.arm == arm.code)
            figures.append(Figure(arm.code, point.code, share))
            rows.append((point.words, arm.label, *_counts(counted.get(arm.code)), *rate_cells(share)))
    columns = ("timepoint", "arm", *HEADINGS, "completeness", *RATE_COLUMNS)
    return Table(title, columns, tuple(rows)), figures


def counts_table(specification: Specification, frame: Frame, scale: str) -> Table:
    """Denominators alone, for kinds that judge nobody by a rule."""
    rows: list[tuple[str, ...]] = []
    for point in specification.follow_ups:
        if scale not in point.asked:
            rows += _not_asked(specification, point, 0)
            continue
        counted = flows(frame, unjudged(frame, point, scale))
        rows += [(point.words, arm.label, *_counts(counted.get(arm.code))) for arm in specification.arms]
    title = "Who was expected and who answered"
    return Table(title, ("timepoint", "arm", *HEADINGS, "completeness"), tuple(rows))


def completeness(specification: Specification, frame: Frame, scale: str) -> dict[str, float | None]:
    """Answered in the window of those expected at the statement's timepoint, by arm; None: nobody expected or asked."""
    if scale not in specification.point.asked:
        return dict.fromkeys(arm.code for arm in specification.arms)
    counted = flows(frame, unjudged(frame, specification.point, scale))
    return {arm.code: _share(counted.get(arm.code)) for arm in specification.arms}


def _not_asked(specification: Specification, point: Point, more: int) -> list[tuple[str, ...]]:
    """A line per arm of a follow-up at which the protocol does not ask: no answer is missing there."""
    dashes = (DASH,) * len(COUNTS)
    return [(point.words, arm.label, *dashes, NOT_ASKED, *(DASH,) * more) for arm in specification.arms]


def _share(flow: consort.ArmFlow | None) -> float | None:
    return None if flow is None else flow.completeness


def _counts(flow: consort.ArmFlow | None) -> tuple[str, ...]:
    numbers = tuple(str(getattr(flow, name)) if flow else "0" for name in COUNTS)
    return (*numbers, percent(_share(flow)))
