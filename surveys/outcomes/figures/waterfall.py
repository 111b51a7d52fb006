"""Everyone's own change at the look's timepoint, from the largest gain to the largest loss."""

from __future__ import annotations

from functools import partial

import numpy as np

from scoring.change import signed_change
from scoring.instrument import find_scale
from scoring.responder import Rule
from surveys.i18n import gettext as _
from surveys.outcomes.charts.marks import Fall
from surveys.outcomes.charts.waterfall import waterfall_chart
from surveys.outcomes.cohort import Cohort
from surveys.outcomes.common_columns import of_arm
from surveys.outcomes.drawing import Chart
from surveys.outcomes.figure import Figure
from surveys.outcomes.figures.groups import directions, told_by_arm
from surveys.outcomes.figures.parts import arm_codes, joined, printed
from surveys.outcomes.look import Look
from surveys.outcomes.rate import judge_by
from surveys.outcomes.table import Cell, Column
from surveys.outcomes.words import change_unit, digits_of, rule_words, timepoint_words, value_set_words

MET = (True, False, None)
MOST = 150  # bars of an arm; of more patients so many are drawn, at even steps


def waterfall_figure(look: Look) -> Figure:
    """One bar per patient, by arm, filled where the rule is met."""
    falls, scale = falls_of(look), find_scale(look.rule.scale)
    data_hash, at = joined([repr(fall) for fall in falls]), (look.focus.code, look.key)
    thinned = any(fall.of > MOST for fall in falls)
    return Figure(
        code="waterfall",
        title=_("Each patient's change at %(when)s: %(scale)s", when=timepoint_words(look.focus), scale=scale.label),
        description=_("One bar per patient by arm, the largest improvement first; the values are in the table."),
        rule=_legend(look, thinned=thinned) + value_set_words(look.rule.value_set),
        table=printed(_columns(digits_of(scale)), _rows(falls), look, data_hash),
        as_of=look.cohort.now,
        data_hash=data_hash,
        chart=partial(_draw, falls, look.rule, arm_codes(look.cohort)) if falls else None,
        groups=told_by_arm(look.cohort, look.cohort.at(*at), directions(look.cohort, look.key, look.focus.code)),
    )


def falls_of(look: Look) -> list[Fall]:
    """The bars of every arm; of more than ``MOST`` patients those at even steps from first to last.

    Of equal changes those that meet the rule stand first, then those that do not, then those not to be judged.
    """
    alike = look.cohort.at(look.focus.code, look.key)
    return [fall for arm in look.arms for fall in _of_arm(look, arm, alike)]


def _of_arm(look: Look, arm: str, alike: Cohort) -> list[Fall]:
    judged = judge_by(alike, look.rule, arm, look.focus.code)
    change = np.round(signed_change(find_scale(look.rule.scale), judged.before.value, judged.after.value), 9)
    own = np.flatnonzero(alike.in_arm(arm) & np.isfinite(change))
    met = np.where(judged.chosen, np.minimum(judged.codes, 2), 2)  # responders and others stand first among the groups
    order = own[np.lexsort((met[own], -change[own]))]
    numbers = np.ones(len(order), dtype=np.int64) if alike.weights is None else alike.weights[order]
    ends, n = np.cumsum(numbers), int(numbers.sum())
    ranks = np.unique(np.linspace(0, n - 1, min(n, MOST)).round().astype(np.int64))
    at = order[np.searchsorted(ends, ranks, side="right")]
    of = n, int(numbers[met[order] < len(MET) - 1].sum()), int(numbers[met[order] == 0].sum())
    label = look.protocol.arm(arm).label
    return [
        Fall(arm, label, int(rank) + 1, float(change[place]), MET[int(met[place])], *of)
        for rank, place in zip(ranks, at, strict=True)
    ]


def _legend(look: Look, *, thinned: bool) -> str:
    words = _("Filled: %(rule)s. Pale: not, or not to be judged.", rule=rule_words(look.rule))
    few = _("Of more than %(most)d patients in an arm so many are drawn, at even steps.", most=MOST)
    return f"{words} {few}" if thinned else words


def _columns(digits: int) -> tuple[Column, ...]:
    return (
        *of_arm(),
        Column("rank", _("Place")),
        Column("of", _("of")),
        Column("change", _("Improvement (negative: worse)"), digits=digits),
        Column("met", _("Rule met"), shown=False),
        Column("met_words", _("Rule met")),
    )


def _rows(falls: list[Fall]) -> list[tuple[Cell, ...]]:
    words = {True: _("yes"), False: _("no"), None: _("not evaluable")}
    codes = {True: "yes", False: "no", None: "not_evaluable"}
    return [(fall.arm, fall.label, fall.rank, fall.of, fall.change, codes[fall.met], words[fall.met]) for fall in falls]


def _draw(falls: list[Fall], rule: Rule, arms: list[str], width: int) -> Chart:
    unit = _("Improvement in %(unit)s (negative: worse)", unit=change_unit(find_scale(rule.scale)))
    threshold = None if rule.percent else float(rule.amount)
    return waterfall_chart(falls, unit, threshold, arms, width=width)
