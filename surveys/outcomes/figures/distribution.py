"""Share of patients by their change in the rule's scale."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from scoring.instrument import find_scale
from scoring.responder import Rule
from surveys.i18n import gettext as _
from surveys.outcomes.charts.distribution import share_chart
from surveys.outcomes.cohort import Cohort, Key
from surveys.outcomes.distribution import Step, distribution
from surveys.outcomes.drawing import Chart
from surveys.outcomes.figure import Figure, Group
from surveys.outcomes.figures.groups import directions, told_by_arm
from surveys.outcomes.figures.parts import arm_codes, headings, joined
from surveys.outcomes.tables import steps_table
from surveys.outcomes.words import change_unit, digits_of, rule_words, value_set_words


def distribution_figure(cohort: Cohort, rule: Rule, timepoint: str) -> Figure:
    """Share of patients by change in the rule's scale, with its threshold where that is in points."""
    steps, scale = distribution(cohort, (rule.scale, rule.value_set), timepoint), find_scale(rule.scale)
    return Figure(
        code=f"change-{rule.scale}",
        title=_("Change from baseline to %(when)s: %(scale)s", when=headings(cohort)[timepoint], scale=scale.label),
        description=_("Share of patients who improved by at least each amount, by arm; the values are in the table."),
        rule=_legend(rule) + value_set_words(rule.value_set),
        table=steps_table(steps, digits_of(scale)),
        as_of=cohort.now,
        data_hash=joined([f"{step.arm} {step.change!r} {step.reached} {step.n}" for step in steps]),
        chart=partial(_draw, steps, rule, arm_codes(cohort)) if steps else None,
        groups=_behind(cohort, (rule.scale, rule.value_set), timepoint),
    )


def _behind(cohort: Cohort, key: Key, timepoint: str) -> tuple[Group, ...]:
    return told_by_arm(cohort, cohort.at(timepoint, key), directions(cohort, key, timepoint))


def _legend(rule: Rule) -> str:
    if rule.percent:
        return _("Height of a curve: share of patients who improved by at least that much.")
    return _(
        "Height of a curve: share of patients who improved by at least that much. The line: %(rule)s.",
        rule=rule_words(rule),
    )


def _draw(steps: Sequence[Step], rule: Rule, arms: Sequence[str], width: int) -> Chart:
    unit = _("Improvement in %(unit)s (negative: worse)", unit=change_unit(find_scale(rule.scale)))
    threshold = None if rule.percent else float(rule.amount)
    return share_chart(steps, unit, threshold, arms, width=width)
