"""Mean improvement in per cent of the baseline, both ways, with and without those operated on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from scoring.effect import PercentImprovement, percent_improvement, percent_of_baseline
from scoring.instrument import find_scale
from scoring.means import Mean, mean_interval
from scoring.types import BoolArray
from surveys.i18n import gettext as _
from surveys.outcomes.charts.marks import Estimate
from surveys.outcomes.common_columns import ends, of_place
from surveys.outcomes.figure import Figure, Group
from surveys.outcomes.figures.parts import arrays_hash, between, colour_of, draw_forest, headings, joined, printed
from surveys.outcomes.figures.parts import signed as with_sign
from surveys.outcomes.look import Look
from surveys.outcomes.same import throughout
from surveys.outcomes.table import Cell, Column
from surveys.outcomes.words import timepoint_words

EVERYONE = "all"


@dataclass(frozen=True, slots=True)
class PercentRow:
    """One arm at one timepoint. ``who``: all, without_operated, or same, those with every score; ``own``: who they are.

    ``ratios``: the mean of each patient's own per cent, with its interval; ``both``: that and the ratio of means.
    """

    timepoint: str
    arm: str
    who: str
    ratios: Mean
    both: PercentImprovement
    own: BoolArray


def percent_figure(look: Look) -> Figure:
    """Mean of ratios drawn for all who answered; the ratio of means and the other patients in the table."""
    scale = find_scale(look.rule.scale)
    rows, heads = (percent_rows(look) if scale.minimum >= 0 else []), headings(look.cohort)
    drawn = [_estimate(look, row) for row in rows if row.who == EVERYONE and row.ratios.n]
    values = [look.cohort.reading(point.code, look.key).value for point in look.asked(look.rule)]
    before = look.cohort.reading(look.cohort.baseline, look.key).value
    data_hash = joined([arrays_hash(look.cohort, look.cohort.shown(), before, *values)])
    title = [_("Mean of each patient's own improvement,"), _("% of baseline, with 95 % interval")]
    return Figure(
        code="percent-improved",
        title=_("Mean improvement in per cent: %(scale)s", scale=scale.label),
        description=_("Means by arm and timepoint with their intervals; the values are in the table."),
        rule=_legend(look),
        table=printed(_columns(), [_cells(look, row, heads) for row in rows], look, data_hash),
        as_of=look.cohort.now,
        data_hash=data_hash,
        chart=partial(draw_forest, drawn, heads, title, {"percent": False, "line": 0.0}) if drawn else None,
        groups=tuple(_behind(look, row, heads) for row in rows),
        why_not=_why_not(look) if not drawn else "",
    )


def percent_rows(look: Look) -> list[PercentRow]:
    """Every arm at every follow-up of the scale at which anybody has both scores."""
    kept = throughout(look)
    found = []
    for point in look.asked(look.rule):
        whole = np.ones(len(look.cohort.ids), dtype=np.bool_)
        sets = {EVERYONE: whole, "without_operated": ~look.cohort.standing(point.code).operated, "same": kept}
        found += [_row(look, point.code, arm, who, flags) for arm in look.arms for who, flags in sets.items()]
    return [row for row in found if row.both.n]


def _row(look: Look, timepoint: str, arm: str, who: str, flags: BoolArray) -> PercentRow:
    scale, own = find_scale(look.rule.scale), look.cohort.in_arm(arm) & flags
    before, after = (look.cohort.reading(code, look.key).value for code in (look.cohort.baseline, timepoint))
    there: BoolArray = own & np.isfinite(before) & np.isfinite(after)
    ratios = mean_interval(percent_of_baseline(scale, before[own], after[own]))
    return PercentRow(timepoint, arm, who, ratios, percent_improvement(scale, before[own], after[own]), there)


def who_words(look: Look) -> dict[str, str]:
    """Which patients a row is of."""
    return {
        EVERYONE: _("all who answered then, those operated on included"),
        "without_operated": _("all who answered then, without those operated on"),
        "same": _("the same patients: a score at every visit up to %(when)s", when=timepoint_words(look.focus)),
    }


def _legend(look: Look) -> str:
    return _(
        "Drawn: the mean of ratios, each patient's own per cent of their baseline, those operated on included. The "
        "ratio of means divides mean change by mean baseline; the two differ, so both are in the table, also without "
        "those operated on, and for the same patients throughout (a score at every visit up to %(when)s).",
        when=timepoint_words(look.focus),
    )


def _why_not(look: Look) -> str:
    if find_scale(look.rule.scale).minimum < 0:
        return _("This scale can be negative, so per cent of its baseline means nothing.")
    return _("Nobody has both a baseline and a follow-up yet.")


def _estimate(look: Look, row: PercentRow) -> Estimate:
    label, value = look.protocol.arm(row.arm).label, row.ratios.mean or 0.0
    words = f"{with_sign(value)} % ({between(row.ratios.interval)}), n = {row.ratios.n}"
    return Estimate(row.timepoint, label, value, row.ratios.interval, words, colour_of(look.cohort, row.arm))


def _behind(look: Look, row: PercentRow, heads: dict[str, str]) -> Group:
    title = f"{heads[row.timepoint]}, {look.protocol.arm(row.arm).label}: {who_words(look)[row.who]}"
    return Group(f"{row.timepoint}-{row.arm}-{row.who}", title, look.cohort, row.own)


def _columns() -> tuple[Column, ...]:
    return (
        *of_place(),
        Column("who", _("Patients"), shown=False),
        Column("who_words", _("Patients")),
        Column("n_ratios", _("n")),
        Column("mean_of_ratios", _("Mean of ratios, %"), digits=1),
        *ends(digits=1),
        Column("n", _("n")),
        Column("ratio_of_means", _("Ratio of means, %"), digits=1),
    )


def _cells(look: Look, row: PercentRow, heads: dict[str, str]) -> tuple[Cell, ...]:
    low, high = row.ratios.interval or (None, None)
    named = (row.timepoint, heads[row.timepoint], row.arm, look.protocol.arm(row.arm).label)
    ratios = (row.both.n_ratios, row.both.mean_of_ratios, low, high)
    return (*named, row.who, who_words(look)[row.who], *ratios, row.both.n, row.both.ratio_of_means)
