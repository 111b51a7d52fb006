"""Mean change of each arm minus that of the reference, timepoint by timepoint."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from scoring.change import signed_change
from scoring.effect import MeanDifference, difference_of_means
from scoring.instrument import find_scale
from scoring.means import Mean, mean_of_counts
from scoring.types import FloatArray
from surveys.i18n import gettext as _
from surveys.outcomes.charts.marks import Estimate
from surveys.outcomes.common_columns import ends, of_place
from surveys.outcomes.distribution import changes
from surveys.outcomes.figure import Figure, Group
from surveys.outcomes.figures.groups import each_by_arm
from surveys.outcomes.figures.parts import (
    arrays_hash,
    between,
    draw_forest,
    headings,
    joined,
    not_randomised,
    printed,
    signed,
)
from surveys.outcomes.look import Look
from surveys.outcomes.table import Cell, Column
from surveys.outcomes.words import change_unit, digits_of
from surveys.protocols.model import Arm, Timepoint


@dataclass(frozen=True, slots=True)
class Difference:
    """One arm against the reference at one timepoint."""

    timepoint: Timepoint
    arm: Arm
    found: MeanDifference
    data_hash: str


def difference_figure(look: Look) -> Figure:
    """The difference in mean change with Welch's interval; positive is better."""
    scale, rows = find_scale(look.rule.scale), differences(look)
    heads, unit = headings(look.cohort), change_unit(scale)
    drawn = [estimate for row in rows for estimate in _estimate(row, digits_of(scale))]
    data_hash = joined([row.data_hash for row in rows])
    reference = look.reference.label if look.reference else "–"
    title = [_("Difference in mean improvement, %(unit)s", unit=unit)]
    title.append(_("(right of the line: more than %(arm)s)", arm=reference))
    return Figure(
        code="difference",
        title=_("Difference in mean change: %(scale)s", scale=scale.label),
        description=_("Each arm minus %(arm)s at each timepoint; the values are in the table.", arm=reference),
        rule=_("Improvement from baseline of those with both answers, with Welch's 95 % interval.")
        + " "
        + not_randomised(),
        table=printed(_columns(digits_of(scale)), [_row(row, heads) for row in rows], look, data_hash),
        as_of=look.cohort.now,
        data_hash=data_hash,
        chart=partial(draw_forest, drawn, heads, title, {"percent": False, "line": 0.0}) if drawn else None,
        groups=_behind(look, heads),
        why_not="" if look.treated else _("One arm only: there is nothing to compare it with."),
    )


def _behind(look: Look, heads: dict[str, str]) -> tuple[Group, ...]:
    """Those with both scores, of each timepoint and arm."""
    if look.reference is None:
        return ()
    points = look.asked(look.rule)
    return each_by_arm(look.cohort, {p.code: (heads[p.code], np.isfinite(change_at(look, p.code))) for p in points})


def differences(look: Look) -> list[Difference]:
    """Every arm against the reference at every follow-up that asks the scale."""
    reference = look.reference
    if reference is None:
        return []
    found = []
    for timepoint in look.asked(look.rule):
        change = change_at(look, timepoint.code)
        data_hash = arrays_hash(look.cohort, look.cohort.shown(), change)
        compared = ((arm, compared_at(look, timepoint.code, arm.code, reference.code)) for arm in look.treated)
        found += [Difference(timepoint, arm, result, data_hash) for arm, result in compared]
    return found


def compared_at(look: Look, timepoint: str, arm: str, reference: str) -> MeanDifference:
    """The improvement of one arm minus that of another at a timepoint."""
    own, other = (mean_of_counts(*changes(look.cohort, look.key, timepoint, code)) for code in (arm, reference))
    return _compare(own, other)


def change_at(look: Look, timepoint: str) -> FloatArray:
    """Improvement from baseline of everyone, NaN where either score is missing."""
    before, after = (look.cohort.reading(code, look.key).value for code in (look.cohort.baseline, timepoint))
    return signed_change(find_scale(look.rule.scale), before, after)


@lru_cache(maxsize=256)
def _compare(treated: Mean, reference: Mean) -> MeanDifference:
    """Compare the same data once: the interval of Hedges' g takes a root of the noncentral t."""
    return difference_of_means(treated, reference)


def _estimate(row: Difference, digits: int) -> list[Estimate]:
    found = row.found
    if found.difference is None or not found.interval:
        return []
    words = f"{signed(found.difference, digits)} ({between(found.interval, digits)})"
    return [Estimate(row.timepoint.code, row.arm.label, found.difference, found.interval, words)]


def _columns(digits: int) -> tuple[Column, ...]:
    return (
        *of_place(),
        Column("n", _("n")),
        Column("mean_change", _("Mean improvement"), digits=digits),
        Column("reference_n", _("n of the reference")),
        Column("reference_change", _("Mean improvement of the reference"), digits=digits),
        Column("difference", _("Difference"), digits=digits),
        *ends(digits=digits),
        Column("p", _("p (Welch)"), digits=4),
        Column("hedges_g", _("Hedges' g"), digits=2),
        *ends("g", digits=2),
        Column("note", _("Note")),
    )


def _row(row: Difference, heads: dict[str, str]) -> tuple[Cell, ...]:
    found = row.found
    low, high = found.interval or (None, None)
    g_low, g_high = found.hedges_interval or (None, None)
    named = (row.timepoint.code, heads[row.timepoint.code], row.arm.code, row.arm.label)
    means = (found.treated.n, found.treated.mean, found.reference.n, found.reference.mean)
    return (*named, *means, found.difference, low, high, found.p, found.hedges_g, g_low, g_high, found.note)
