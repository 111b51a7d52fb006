"""Responders by arm and timepoint under one rule, and what an operation makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from scoring.proportions import wilson
from scoring.responder import Rule
from surveys.i18n import gettext as _
from surveys.outcomes.charts.marks import Bar
from surveys.outcomes.figure import Figure
from surveys.outcomes.figures.parts import arm_codes, draw_bars, headings, joined, rate_bars
from surveys.outcomes.look import Look, asks
from surveys.outcomes.rate import Rate
from surveys.outcomes.table import Table
from surveys.outcomes.tables import rates_table
from surveys.outcomes.words import rule_words, timepoint_words, value_set_words


def rates_figure(look: Look, rule: Rule, position: int) -> Figure:
    """Responders by arm and timepoint under one rule."""
    rates, cohort = look.rates if rule == look.rule else look.rates_by(rule), look.cohort
    drawn = [rate for rate in rates if rate.evaluable]
    bars, words = rate_bars(drawn, arm_codes(cohort)), rule_words(rule)
    return Figure(
        code=f"responders-{position}",
        title=_("Responders: %(rule)s", rule=words),
        description=_("%(rule)s. %(rates)s.", rule=words, rates="; ".join(map(_sentence, drawn))),
        rule=_("Complete cases; missing and not evaluable patients are in the table.")
        + " "
        + _("Dashed frame: the rate if none of the missing, and if all of them, had responded.")
        + value_set_words(rule.value_set)
        + _waiting(look, rule),
        table=rates_table(rates, headings(cohort)),
        as_of=cohort.now,
        data_hash=joined([rate.data_hash for rate in rates]),
        chart=partial(draw_bars, bars, headings(cohort), _axis()) if drawn else None,
        rates=rates,
    )


def _waiting(look: Look, rule: Rule) -> str:
    """The follow-ups that have no row yet, in one sentence."""
    later = [timepoint_words(point) for point in look.waiting if asks(point, rule.scale)]
    return " " + _("Nobody's window is over yet at: %(points)s.", points=", ".join(later)) if later else ""


def strategies_figure(look: Look) -> Figure:
    """The rate with answers after an operation counted, beside the rate with an operation as no response."""
    cohort, rates = look.cohort, [rate for rate in look.rates if rate.evaluable]
    bars = [bar for rate in rates for bar in _both_ways(rate, arm_codes(cohort))]
    return Figure(
        code="strategies",
        title=_("Two ways to count those operated on"),
        description=_("Rates by arm and timepoint, counted both ways; the values are in the table."),
        rule=_(
            "%(rule)s. Treatment policy: answers count whatever happened before them. Composite: an operation recorded "
            "by staff, or told by the patient, by the end of the window is no response.",
            rule=rule_words(look.rule),
        ),
        table=_strategies(look),
        as_of=cohort.now,
        data_hash=joined([rate.data_hash for rate in rates]),
        chart=partial(draw_bars, bars, headings(cohort), _axis()) if bars else None,
        rates=tuple(rates),
    )


def _strategies(look: Look) -> Table:
    """The columns of the rates' table that tell the two ways apart."""
    whole = rates_table(look.rates, headings(look.cohort))
    wanted = ("timepoint", "when", "arm", "arm_label", "responders", "evaluable", "rate", "operated")
    own = (*wanted, "composite_responders", "composite_evaluable", "composite_rate")
    places = [place for place, column in enumerate(whole.columns) if column.code in own or not column.shown]
    columns = tuple(replace(whole.columns[place]) for place in places)
    return Table(columns, tuple(tuple(row[place] for place in places) for row in whole.rows))


def _both_ways(rate: Rate, arms: Sequence[str]) -> list[Bar]:
    composite, at = rate.composite, arms.index(rate.arm)
    policy = _("%(arm)s, treatment policy", arm=rate.arm_label)
    alone = Bar(rate.timepoint, policy, rate.responders, rate.evaluable, at, rate.interval)
    if composite is None:
        return [alone]
    other = _("%(arm)s, composite (%(n)d operated)", arm=rate.arm_label, n=composite.operated)
    limits = wilson(composite.responders, composite.evaluable)
    if not composite.operated:
        alike = _("%(arm)s (none operated)", arm=rate.arm_label)
        return [Bar(rate.timepoint, alike, rate.responders, rate.evaluable, at, rate.interval)]
    return [
        alone,
        Bar(rate.timepoint, other, composite.responders, composite.evaluable, at, limits),
    ]


def _axis() -> list[str]:
    return [_("Responders of those evaluable,"), _("with 95 % interval")]


def _sentence(rate: Rate) -> str:
    return f"{rate.timepoint}, {rate.arm_label}: {rate.responders}/{rate.evaluable}"
