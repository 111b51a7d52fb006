"""The rate at the look's timepoint under every way to treat the missing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256

import numpy as np

from scoring.errors import ScoringError
from scoring.imputed_responders import DATA_SETS, SEED, ImputedAnalysis, analyse_imputed
from scoring.missing import METHODS, Method
from scoring.responder import Rule
from scoring.responders import ArmScores, judge, proportion
from scoring.two_arms import Proportion, newcombe
from scoring.verdict import Reason, ResponderResult
from surveys.i18n import gettext as _
from surveys.outcomes.charts.marks import Bar
from surveys.outcomes.common_columns import ends, of_arm
from surveys.outcomes.figure import Figure, Group
from surveys.outcomes.figures.groups import each_by_arm
from surveys.outcomes.figures.parts import colour_of, draw_bars, printed
from surveys.outcomes.figures.scores import both_scores, judged, scores_of
from surveys.outcomes.look import Look
from surveys.outcomes.table import Cell, Column
from surveys.outcomes.words import rule_words, timepoint_words

Interval = tuple[float, float]
IMPUTED = "multiple_imputation"


@dataclass(frozen=True, slots=True)
class MethodRow:
    """One arm under one method. ``responders`` is None where rates are pooled over imputed data sets."""

    method: str
    arm: str
    responders: int | None
    n: int
    rate: float | None
    interval: Interval | None
    difference: float | None = None
    difference_interval: Interval | None = None
    note: str = ""


def sensitivity_figure(look: Look) -> Figure:
    """Every missing-data method for every arm, and the difference from the reference."""
    rows, words = method_rows(look), method_words()
    labels = {code: look.protocol.arm(code).label for code in look.arms}
    when, data_hash = timepoint_words(look.focus), judged(look).data_hash
    bars = [_bar(row, labels[row.arm], colour_of(look.cohort, row.arm)) for row in rows if row.rate is not None]
    title = [_("Responders, with 95 % interval")]
    return Figure(
        code="sensitivity",
        title=_("How much the missing could change at %(when)s", when=when),
        description=_("Rates by method and arm; the values are in the table."),
        rule=_(
            "%(rule)s. Only patients without an answer that counts are settled; who has no usable baseline stays out. "
            "Imputation: %(sets)d data sets, seed %(seed)d.",
            rule=rule_words(look.rule),
            sets=DATA_SETS,
            seed=SEED,
        ),
        table=printed(_columns(), [_cells(row, words, labels) for row in rows], look, data_hash),
        as_of=look.cohort.now,
        data_hash=data_hash,
        chart=partial(draw_bars, bars, words, title) if bars else None,
        groups=_behind(look),
    )


def _behind(look: Look) -> tuple[Group, ...]:
    """Who was judged, and whom the methods differ about."""
    found = judged(look)
    result = look.rule.classify(*both_scores(look))
    missing = found.chosen & (result.reason == Reason.NO_FOLLOW_UP.value)
    parts = {
        "responders": (_("Responders"), found.responded),
        "others": (_("Non-responders"), found.evaluable & ~found.responded),
        "missing": (_("Missing: what the methods settle"), missing),
        "out": (_("Not evaluable under any method"), found.chosen & ~found.evaluable & ~missing),
    }
    return each_by_arm(look.cohort, parts)


def method_words() -> dict[str, str]:
    """Each method as a heading."""
    return {
        "complete_case": _("Complete cases: the missing left out"),
        "non_responder": _("Missing counts as no response"),
        "locf": _("Last observation carried forward"),
        "worst_case": _("Worst case for the treated arm"),
        "best_case": _("Best case for the treated arm"),
        IMPUTED: _("Multiple imputation"),
    }


def method_rows(look: Look) -> list[MethodRow]:
    """A row per method and arm, the arms in the protocol's order; nothing where nobody is in the population."""
    scores = scores_of(look)
    if scores is None:
        return []
    treated = scores.arm != (look.reference.code if look.reference else "")
    found = {method: judge(scores, look.rule, treated, method) for method in METHODS}
    simple = [row for method, result in found.items() for row in _simple(look, scores, method, result)]
    return simple + _imputed(look, scores)


def _simple(look: Look, scores: ArmScores, method: Method, result: ResponderResult) -> list[MethodRow]:
    found = {arm: proportion(result, scores.arm == arm) for arm in look.arms}
    return [_compared(look, method, arm, own, found) for arm, own in found.items()]


def _compared(look: Look, method: Method, arm: str, own: Proportion, found: dict[str, Proportion]) -> MethodRow:
    row = MethodRow(method, arm, own.responders, own.n, own.rate, own.wilson)
    if look.reference is None or arm == look.reference.code:
        return row
    other = found[look.reference.code]
    if own.rate is None or other.rate is None:
        return row
    counted = (row.responders, row.n, row.rate, row.interval)
    return MethodRow(method, arm, *counted, own.rate - other.rate, newcombe(own, other))


def _imputed(look: Look, scores: ArmScores) -> list[MethodRow]:
    """The rows of multiple imputation; one that says why where an arm has too few scores to impute from."""
    reference = look.reference.code if look.reference else look.arms[0]
    try:
        found = _analyse(Order(scores, look.rule, reference))
    except ScoringError as error:
        return [MethodRow(IMPUTED, arm, None, 0, None, None, note=str(error)) for arm in look.arms]
    return [_pooled(arm, found) for arm in look.arms if arm in found.arms]


def _pooled(arm: str, found: ImputedAnalysis) -> MethodRow:
    own, other = found.arms[arm], found.comparisons.get(arm)
    difference = (other.risk_difference, other.interval) if other else (None, None)
    return MethodRow(IMPUTED, arm, None, own.n, own.rate, own.interval, *difference, note=own.note)


class Order:
    """Scores, rule and reference; the same ones are imputed once."""

    def __init__(self, scores: ArmScores, rule: Rule, reference: str) -> None:
        self.scores, self.rule, self.reference = scores, rule, reference
        columns = np.column_stack([scores.baseline, scores.between, scores.follow_up])
        self.key = sha256(f"{rule.text}\n{reference}\n{scores.arm.tolist()}".encode() + columns.tobytes()).hexdigest()

    def __eq__(self, other: object) -> bool:
        """Whether the same data are meant."""
        return isinstance(other, Order) and self.key == other.key

    def __hash__(self) -> int:
        """Of the data."""
        return hash(self.key)


@lru_cache(maxsize=64)
def _analyse(order: Order) -> ImputedAnalysis:
    return analyse_imputed(order.scores, order.rule, order.reference, DATA_SETS, SEED)


def _bar(row: MethodRow, label: str, colour: int) -> Bar:
    """A bar per row; what was imputed has a rate pooled over data sets and no count of responders."""
    if row.responders is None:
        return Bar(row.method, label, 0, row.n, colour, row.interval, pooled=row.rate)
    return Bar(row.method, label, row.responders, row.n, colour, row.interval)


def _columns() -> tuple[Column, ...]:
    return (
        Column("method", _("Method"), shown=False),
        Column("method_words", _("Method")),
        *of_arm(),
        Column("responders", _("Responders")),
        Column("n", _("of")),
        Column("rate", _("Rate"), percent=True),
        *ends(percent=True),
        Column("difference", _("Difference"), percent=True),
        *ends("difference", percent=True),
        Column("note", _("Note")),
    )


def _cells(row: MethodRow, words: dict[str, str], labels: dict[str, str]) -> tuple[Cell, ...]:
    ends = (*(row.interval or (None, None)), row.difference, *(row.difference_interval or (None, None)))
    named = (row.method, words[row.method], row.arm, labels[row.arm])
    return (*named, row.responders, row.n, row.rate, *ends, row.note)
