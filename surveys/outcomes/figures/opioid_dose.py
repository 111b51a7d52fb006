"""How much opioid patients take, by arm over time: MME a day as staff recorded it. Never for converting doses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from scoring.means import Mean, mean_interval
from scoring.types import BoolArray, FloatArray
from surveys.i18n import gettext as _
from surveys.outcomes.charts.marks import Estimate
from surveys.outcomes.facts import Opioids
from surveys.outcomes.figure import Figure
from surveys.outcomes.figures.groups import each_by_arm
from surveys.outcomes.figures.parts import (
    arrays_hash,
    colour_of,
    draw_forest,
    headings,
    joined,
    not_randomised,
    printed,
)
from surveys.outcomes.look import Look
from surveys.outcomes.opioids import factors_used
from surveys.outcomes.table import Cell, Column


@dataclass(frozen=True, slots=True)
class DoseRow:
    """One arm at one timepoint: ``mean`` in MME a day of those with a dose, 0 included; ``none``: how many take none.

    ``change``: of those with a dose at the baseline too, negative is less.
    """

    timepoint: str
    arm: str
    mean: Mean
    median: float | None
    none: int
    not_evaluable: int
    change: Mean


def opioid_dose_figure(look: Look) -> Figure:
    """Means drawn; the median, those without opioids and the change from the baseline in the table."""
    rows, heads, told = dose_rows(look), headings(look.cohort), recorded(look)
    drawn = [_estimate(look, row) for row in rows if row.mean.n]
    arrays = [column for each in told.values() for column in (each.mme, each.not_evaluable)]
    data_hash = joined([arrays_hash(look.cohort, look.cohort.shown(), *arrays)])
    highest = max((each.interval[1] if each.interval else each.value for each in drawn), default=1.0)
    options = {"percent": False, "line": None, "domain": (0.0, 1.05 * max(highest, 1.0))}
    return Figure(
        code="opioid-dose",
        title=_("Opioid dose by arm: MME a day"),
        description=_("Means by arm and timepoint with their intervals; the values are in the table."),
        rule=_legend(look),
        table=printed(_columns(), [_cells(look, row, heads) for row in rows], look, data_hash),
        as_of=look.cohort.now,
        data_hash=data_hash,
        chart=partial(draw_forest, drawn, heads, [_("Mean MME a day, with 95 % interval")], options) if drawn else None,
        groups=each_by_arm(look.cohort, _behind(heads, told)),
        why_not="" if drawn else _("No opioid dose is recorded of anybody in the window of a visit."),
    )


def recorded(look: Look) -> dict[str, Opioids]:
    """What is recorded at the baseline and at each follow-up that is looked at, in their order."""
    codes = [look.cohort.baseline, *(point.code for point in look.planned)]
    own = look.cohort.known.opioids
    return {code: own[code] for code in codes if code in own}


def dose_rows(look: Look) -> list[DoseRow]:
    """Every arm at every timepoint at which anything is recorded of it."""
    told = recorded(look)
    nothing = np.full(len(look.cohort.ids), np.nan)
    first = told[look.cohort.baseline].mme if look.cohort.baseline in told else nothing
    found = [_row(look, code, arm, each, first) for code, each in told.items() for arm in look.arms]
    return [row for row in found if row.mean.n or row.not_evaluable]


def _row(look: Look, timepoint: str, arm: str, each: Opioids, first: FloatArray) -> DoseRow:
    own = look.cohort.in_arm(arm)
    mme = each.mme[own]
    there = mme[np.isfinite(mme)]
    change = mean_interval(mme - first[own] if timepoint != look.cohort.baseline else np.full(len(mme), np.nan))
    median = float(np.median(there)) if len(there) else None
    unknown, none = int(each.not_evaluable[own].sum()), int((there == 0).sum())
    return DoseRow(timepoint, arm, mean_interval(mme), median, none, unknown, change)


def _legend(look: Look) -> str:
    words = _(
        "The last dose that staff recorded inside each visit's window, 0 included, by the factors %(factors)s; not the "
        "same people throughout. Nothing recorded is not “none”; as-needed use, unknown doses and drugs without a "
        "factor are not evaluable. Never for converting doses.",
        factors=factors_used(),
    )
    return f"{words} {not_randomised()}" if look.treated else words


def _estimate(look: Look, row: DoseRow) -> Estimate:
    label, value, interval = look.protocol.arm(row.arm).label, row.mean.mean or 0.0, row.mean.interval
    ends = _("%(low)s to %(high)s", low=f"{interval[0]:.0f}", high=f"{interval[1]:.0f}") if interval else "–"
    words = f"{value:.0f} ({ends}), n = {row.mean.n}"
    shown = (max(interval[0], 0.0), interval[1]) if interval else None
    return Estimate(row.timepoint, label, value, shown, words, colour_of(look.cohort, row.arm))


def _behind(heads: dict[str, str], told: dict[str, Opioids]) -> dict[str, tuple[str, BoolArray]]:
    parts: dict[str, tuple[str, BoolArray]] = {}
    for code, each in told.items():
        parts[f"{code}-dose"] = (_("%(when)s, with a dose", when=heads[code]), np.isfinite(each.mme))
        parts[f"{code}-unknown"] = (_("%(when)s, not evaluable", when=heads[code]), each.not_evaluable)
    return parts


def _columns() -> tuple[Column, ...]:
    return (
        Column("timepoint", _("Timepoint"), shown=False),
        Column("when", _("Timepoint")),
        Column("arm", _("Arm"), shown=False),
        Column("arm_label", _("Arm")),
        Column("n", _("n")),
        Column("mean", _("Mean MME a day"), digits=1),
        Column("sd", _("SD"), digits=1),
        Column("low", _("95 % from"), digits=1),
        Column("high", _("to"), digits=1),
        Column("median", _("Median"), digits=1),
        Column("none", _("of these without opioids")),
        Column("change_n", _("n with a baseline")),
        Column("change", _("Mean change from baseline"), digits=1),
        Column("change_low", _("95 % from"), digits=1),
        Column("change_high", _("to"), digits=1),
        Column("not_evaluable", _("Not evaluable")),
        Column("factors", _("Factors"), shown=False),
    )


def _cells(look: Look, row: DoseRow, heads: dict[str, str]) -> tuple[Cell, ...]:
    mean, change = row.mean, row.change
    named = (row.timepoint, heads[row.timepoint], row.arm, look.protocol.arm(row.arm).label)
    doses = (mean.n, mean.mean, mean.sd, *(mean.interval or (None, None)), row.median, row.none)
    changed = (change.n, change.mean, *(change.interval or (None, None)))
    return (*named, *doses, *changed, row.not_evaluable, factors_used())
