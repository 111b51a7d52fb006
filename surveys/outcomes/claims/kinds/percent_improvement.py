"""Mean improvement in per cent, at years: of the baseline, both ways, or as patients state it."""

from __future__ import annotations

from scoring.effect import percent_improvement
from scoring.instrument import find_scale
from scoring.means import mean_interval
from scoring.types import BoolArray
from surveys.outcomes.claims import words
from surveys.outcomes.claims.counts import counts_table
from surveys.outcomes.claims.found import Found, Kind, Table
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.specification import ArmAt, Point, Specification

STATED = "improvement"


def find(specification: Specification, frame: Frame) -> Found:
    """Per cent improvement in every arm at every follow-up, those operated on in and out."""
    code = specification.scales[0][0]
    stated = code == STATED
    table = _stated(specification, frame) if stated else _worked_out(specification, frame, code)
    label = "Improvement as patients state it" if stated else f"Improvement in {find_scale(code).label}"
    said = [_sentence(specification, frame, code, arm) for arm in specification.arms]
    method = (
        "What patients state from -100 to 100 %; negative is worse."
        if stated
        else "The mean of ratios averages each patient's own per cent; the ratio of means divides mean change by mean "
        "baseline. They differ, so both are given."
    )
    return Found(
        statement=f"{label} at {specification.point.words}: {'; '.join(said)}; those operated on are in it.",
        method=f"{method} Each with those operated on and without them.",
        tables=(table, counts_table(specification, frame, code)),
    )


def _sentence(specification: Specification, frame: Frame, code: str, arm: ArmAt) -> str:
    own, point = frame.arm == arm.code, specification.point
    if code == STATED:
        found = mean_interval(frame.value(point.code, code)[own])
        return f"mean {words.mean(found)} % in the arm {arm.label}"
    both = percent_improvement(
        find_scale(code), frame.value(specification.baseline.code, code)[own], frame.value(point.code, code)[own]
    )
    ratios = f"mean of ratios {words.decimal(both.mean_of_ratios)} % (n = {both.n_ratios})"
    return f"{ratios}, ratio of means {words.decimal(both.ratio_of_means)} % (n = {both.n}) in the arm {arm.label}"


def _groups(specification: Specification, frame: Frame) -> list[tuple[Point, ArmAt, str, BoolArray]]:
    found = []
    for point in specification.follow_ups:
        kept = {"all": frame.arm != "", "without those operated on": ~frame.has(point.code, "operated")}
        for arm in specification.arms:
            found += [(point, arm, name, (frame.arm == arm.code) & who) for name, who in kept.items()]
    return found


def _worked_out(specification: Specification, frame: Frame, code: str) -> Table:
    scale, baseline, rows = find_scale(code), frame.value(specification.baseline.code, code), []
    for point, arm, name, own in _groups(specification, frame):
        both = percent_improvement(scale, baseline[own], frame.value(point.code, code)[own])
        ratios = (words.decimal(both.mean_of_ratios), str(both.n_ratios))
        rows.append((point.words, arm.label, name, *ratios, words.decimal(both.ratio_of_means), str(both.n)))
    columns = ("timepoint", "arm", "patients", "mean of ratios, %", "n", "ratio of means, %", "n of both")
    return Table("Improvement in per cent of the baseline", columns, tuple(rows))


def _stated(specification: Specification, frame: Frame) -> Table:
    rows = []
    for point, arm, name, own in _groups(specification, frame):
        found = mean_interval(frame.value(point.code, STATED)[own])
        numbers = (str(found.n), words.decimal(found.mean), words.decimal(found.sd), words.span(found.interval))
        rows.append((point.words, arm.label, name, *numbers))
    columns = ("timepoint", "arm", "patients", "n", "mean, %", "SD", "95 % interval")
    return Table("Improvement as patients state it", columns, tuple(rows))


KIND = Kind(
    "percent_improvement",
    "Mean improvement in per cent",
    "improvement in per cent",
    frozenset({"scale", "timepoint"}),
    find,
)
