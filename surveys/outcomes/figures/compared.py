"""Responder rates of two arms against each other: difference, ratio, number needed to treat."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from scoring.two_arms import Proportion, TwoArms, compare
from surveys.i18n import gettext as _
from surveys.outcomes.charts.marks import Estimate
from surveys.outcomes.common_columns import ends, of_place
from surveys.outcomes.figure import Figure
from surveys.outcomes.figures.parts import (
    between,
    draw_forest,
    headings,
    joined,
    not_randomised,
    printed,
    signed_percent,
)
from surveys.outcomes.look import Look
from surveys.outcomes.rate import Rate
from surveys.outcomes.table import Cell, Column
from surveys.outcomes.words import rule_words


@dataclass(frozen=True, slots=True)
class Comparison:
    """The rate of one arm against that of the reference at one timepoint."""

    own: Rate
    reference: Rate
    found: TwoArms


def compared_figure(look: Look) -> Figure:
    """The difference in rates with Newcombe's interval, and the number needed to treat."""
    rows, heads = comparisons(look), headings(look.cohort)
    drawn = [estimate for row in rows for estimate in _estimate(row)]
    data_hash = joined([each.data_hash for row in rows for each in (row.own, row.reference)])
    reference = look.reference.label if look.reference else "–"
    title = [_("Difference in rates, percentage points"), _("(right of the line: more than %(arm)s)", arm=reference)]
    return Figure(
        code="rates-compared",
        title=_("Difference in responder rates: %(rule)s", rule=rule_words(look.rule)),
        description=_("Each arm minus %(arm)s at each timepoint; the values are in the table.", arm=reference),
        rule=_(
            "Complete cases, with Newcombe's 95 % interval. The number needed to treat has no interval where that of "
            "the difference includes 0; a negative one is a number needed to harm."
        )
        + " "
        + not_randomised(),
        table=printed(_columns(), [_row(row, heads) for row in rows], look, data_hash),
        as_of=look.cohort.now,
        data_hash=data_hash,
        chart=partial(draw_forest, drawn, heads, title, {"percent": True, "line": 0.0}) if drawn else None,
        rates=look.rates,
        why_not="" if look.treated else _("One arm only: there is nothing to compare it with."),
    )


def comparisons(look: Look) -> list[Comparison]:
    """Every arm against the reference at every follow-up; "not estimable" where an arm has nobody to judge."""
    by_place = {(rate.timepoint, rate.arm): rate for rate in look.rates}
    reference = look.reference
    if reference is None:
        return []
    pairs = (
        (by_place[timepoint.code, arm.code], by_place[timepoint.code, reference.code])
        for timepoint in look.asked(look.rule)
        for arm in look.treated
    )
    return [Comparison(own, other, compare(_proportion(own), _proportion(other))) for own, other in pairs]


def _proportion(rate: Rate) -> Proportion:
    return Proportion(rate.responders, rate.evaluable)


def _estimate(row: Comparison) -> list[Estimate]:
    value, interval = row.found.risk_difference, row.found.newcombe
    if value is None:
        return []
    words = f"{signed_percent(value)} ({between(interval, 0, scale=100)})"
    return [Estimate(row.own.timepoint, row.own.arm_label, value, interval, words)]


def _columns() -> tuple[Column, ...]:
    return (
        *of_place(),
        Column("responders", _("Responders")),
        Column("evaluable", _("Evaluable")),
        Column("reference_responders", _("Responders of the reference")),
        Column("reference_evaluable", _("Evaluable")),
        Column("risk_difference", _("Difference"), percent=True),
        *ends("newcombe", percent=True),
        Column("nnt", _("Number needed to treat"), digits=1),
        *ends("nnt", digits=1),
        Column("risk_ratio", _("Risk ratio"), digits=2),
        Column("odds_ratio", _("Odds ratio"), digits=2),
        Column("chi2_p", _("p (chi-square)"), digits=4),
        Column("fisher_p", _("p (Fisher)"), digits=4),
        Column("note", _("Note")),
    )


def _row(row: Comparison, heads: dict[str, str]) -> tuple[Cell, ...]:
    found, own, other = row.found, row.own, row.reference
    low, high = found.newcombe or (None, None)
    nnt_low, nnt_high = found.nnt_ci or (None, None)
    named = (own.timepoint, heads[own.timepoint], own.arm, own.arm_label)
    counts = (own.responders, own.evaluable, other.responders, other.evaluable)
    tests = (found.risk_ratio, found.odds_ratio, found.chi2_p, found.fisher_p)
    return (*named, *counts, found.risk_difference, low, high, found.nnt, nnt_low, nnt_high, *tests, _notes(found))


def _notes(found: TwoArms) -> str:
    return "; ".join(found.notes)
