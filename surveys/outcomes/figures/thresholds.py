"""The same patients under every published threshold of the rule's scale."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from scoring.presets import Preset, presets
from scoring.two_arms import Proportion
from scoring.verdict import YES
from surveys.i18n import gettext as _
from surveys.outcomes.charts.marks import Bar
from surveys.outcomes.common_columns import ends, of_arm
from surveys.outcomes.figure import Figure, Group
from surveys.outcomes.figures.groups import each_by_arm
from surveys.outcomes.figures.parts import colour_of, draw_bars, printed
from surveys.outcomes.figures.scores import both_scores, judged, population_of
from surveys.outcomes.look import Look
from surveys.outcomes.table import Cell, Column
from surveys.outcomes.words import rule_words, timepoint_words


@dataclass(frozen=True, slots=True)
class ThresholdRow:
    """One arm under one published threshold."""

    preset: Preset
    arm: str
    proportion: Proportion
    patients: int


def thresholds_figure(look: Look) -> Figure:
    """Rates under each published threshold, missing follow-up left out."""
    rows, data_hash = threshold_rows(look), judged(look).data_hash
    labels = {code: look.protocol.arm(code).label for code in look.arms}
    heads = {row.preset.rule.text: rule_words(row.preset.rule) for row in rows}
    bars = [_bar(look, row, labels[row.arm]) for row in rows if row.proportion.n]
    return Figure(
        code="thresholds",
        title=_("Other published thresholds at %(when)s", when=timepoint_words(look.focus)),
        description=_("Rates by threshold and arm; the values are in the table."),
        rule=_("Complete cases. A threshold that a baseline leaves no room for makes that patient not evaluable."),
        table=printed(_columns(), [_cells(row, heads, labels) for row in rows], look, data_hash),
        as_of=look.cohort.now,
        data_hash=data_hash,
        chart=partial(draw_bars, bars, heads, [_("Responders of those evaluable,"), _("with 95 % interval")])
        if bars
        else None,
        groups=_behind(look, rows, heads),
        why_not="" if rows else _("No threshold is published for this scale."),
    )


def _behind(look: Look, rows: list[ThresholdRow], heads: dict[str, str]) -> tuple[Group, ...]:
    """Who meets each threshold."""
    chosen, (before, after) = population_of(look), both_scores(look)
    rules = list({row.preset.rule.text: row.preset.rule for row in rows}.values())
    met = {rule.text: chosen & (rule.classify(before, after).status == YES.value) for rule in rules}
    parts = {f"threshold-{at}": (heads[text], flags) for at, (text, flags) in enumerate(met.items(), start=1)}
    return each_by_arm(look.cohort, parts)


def threshold_rows(look: Look) -> list[ThresholdRow]:
    """A row per threshold and arm; the published ones of one rule stand once."""
    cohort, chosen = look.cohort, population_of(look)
    before, after = both_scores(look)
    once = {preset.rule.text: preset for preset in reversed(presets(look.rule.scale, look.rule.value_set))}
    rows = []
    for preset in reversed(once.values()):
        for arm in look.arms:
            own = chosen & cohort.in_arm(arm)
            found = preset.rule.classify(before[own], after[own])
            rows.append(ThresholdRow(preset, arm, Proportion(found.responders, found.evaluable), int(own.sum())))
    return rows


def _bar(look: Look, row: ThresholdRow, label: str) -> Bar:
    own = row.proportion
    return Bar(row.preset.rule.text, label, own.responders, own.n, colour_of(look.cohort, row.arm), own.wilson)


def _columns() -> tuple[Column, ...]:
    return (
        Column("threshold", _("Threshold"), shown=False),
        Column("threshold_words", _("Threshold")),
        Column("source", _("Source")),
        *of_arm(),
        Column("responders", _("Responders")),
        Column("evaluable", _("Evaluable")),
        Column("rate", _("Rate"), percent=True),
        *ends(percent=True),
        Column("patients", _("Patients")),
    )


def _cells(row: ThresholdRow, heads: dict[str, str], labels: dict[str, str]) -> tuple[Cell, ...]:
    own, rule = row.proportion, row.preset.rule
    low, high = own.wilson or (None, None)
    source = f"{row.preset.threshold.source}; {row.preset.threshold.population}"
    counts = (own.responders, own.n, own.rate, low, high, row.patients)
    return (rule.text, heads[rule.text], source, row.arm, labels[row.arm], *counts)
