"""Means of a battery: every chosen scale by arm and timepoint, and the mean change."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scoring.change import signed_change
from scoring.effect import mean_change, mean_difference
from scoring.instrument import find_scale
from scoring.means import mean_interval
from surveys.outcomes.claims import words
from surveys.outcomes.claims.counts import counts_table
from surveys.outcomes.claims.found import Found, Kind, Table
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.specification import Specification


def find(specification: Specification, frame: Frame) -> Found:
    """Means with their intervals, each scale in its own unit."""
    codes = [code for code, _value_set in specification.scales]
    return Found(
        statement=" ".join(_sentence(specification, frame, code) for code in codes),
        method="Means and mean change of those who answered both times, positive where patients are better, with t "
        "intervals; arms by Welch's interval. The table also has the means of everyone who answered at each "
        "timepoint, who are not the same people throughout.",
        tables=(
            Table(
                "Means",
                ("scale", "timepoint", "arm", "n", "mean", "SD", "95 % interval", "mean improvement", "n of both"),
                tuple(row for code in codes for row in _means(specification, frame, code)),
            ),
            Table(
                f"Difference in mean improvement at {specification.point.words}; the arms were not randomised",
                ("scale", "comparison", "difference", "95 % interval", "Hedges' g"),
                tuple(row for code in codes for row in _differences(specification, frame, code)),
            ),
            counts_table(specification, frame, codes[0]),
        ),
    )


def _digits(code: str) -> int:
    scale = find_scale(code)
    return 3 if scale.maximum - scale.minimum <= 2 else 1


def _sentence(specification: Specification, frame: Frame, code: str) -> str:
    said = []
    for arm in specification.arms:
        own, digits = frame.arm == arm.code, _digits(code)
        before, last = (frame.value(at, code)[own] for at in (specification.baseline.code, specification.timepoint))
        both = np.isfinite(before) & np.isfinite(last)
        change = mean_change(find_scale(code), before[both], last[both])
        means = " and ".join(words.decimal(mean_interval(each[both]).mean, digits) for each in (before, last))
        said.append(f"{means} (improvement {words.mean(change, digits)}) in the arm {arm.label}")
    when = f"at baseline and at {specification.point.words}, of those who answered both times"
    return f"Mean {find_scale(code).label} {when}: {'; '.join(said)}."


def _means(specification: Specification, frame: Frame, code: str) -> Iterator[tuple[str, ...]]:
    scale, digits, baseline = find_scale(code), _digits(code), frame.value(specification.baseline.code, code)
    for point in specification.timepoints:
        for arm in specification.arms:
            own, values = frame.arm == arm.code, frame.value(point.code, code)
            found, change = mean_interval(values[own]), mean_change(scale, baseline[own], values[own])
            numbers = (str(found.n), words.decimal(found.mean, digits), words.decimal(found.sd, digits))
            better = ("", "") if point.baseline else (words.decimal(change.mean, digits), str(change.n))
            yield (scale.label, point.words, arm.label, *numbers, words.span(found.interval, digits=digits), *better)


def _differences(specification: Specification, frame: Frame, code: str) -> Iterator[tuple[str, ...]]:
    scale, digits = find_scale(code), _digits(code)
    change = signed_change(
        scale, frame.value(specification.baseline.code, code), frame.value(specification.timepoint, code)
    )
    reference = next(arm for arm in specification.arms if arm.code == specification.reference)
    for arm in (each for each in specification.treated if each != reference):
        found = mean_difference(change[frame.arm == arm.code], change[frame.arm == reference.code])
        said = f"{arm.label} minus {reference.label}"
        limits = words.span(found.interval, digits=digits) if found.interval else found.note
        yield (scale.label, said, words.decimal(found.difference, digits), limits, words.decimal(found.hedges_g, 2))


KIND = Kind(
    "battery_means",
    "Means of a battery",
    "the mean of each scale",
    frozenset({"scales", "timepoint"}),
    find,
    compares=True,
)
