"""The dashboard's figures, each built from one cohort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import sha256

from scoring.instrument import find_scale
from scoring.responder import Rule
from surveys.i18n import gettext as _
from surveys.outcomes.cohort import Cohort
from surveys.outcomes.distribution import Step, distribution
from surveys.outcomes.figure import Figure
from surveys.outcomes.funnel import funnel
from surveys.outcomes.means import LinePoint, MeanPoint, means_over_time, single_lines
from surveys.outcomes.rate import Rate
from surveys.outcomes.tables import funnel_table, means_table, rates_table, steps_table
from surveys.outcomes.words import rule_words, timepoint_words, value_set_words


def rates_figure(cohort: Cohort, rule: Rule, position: int, rates: Sequence[Rate]) -> Figure:
    """Responders by arm and timepoint under one rule."""
    drawn = [rate for rate in rates if rate.evaluable]
    return Figure(
        code=f"responders-{position}",
        title=_("Responders: %(rule)s", rule=rule_words(rule)),
        description=_("%(rule)s. %(rates)s.", rule=rule_words(rule), rates="; ".join(map(_sentence, drawn))),
        rule=_("Complete cases; missing and not evaluable patients are in the table.")
        + value_set_words(rule.value_set),
        table=rates_table(rates, _headings(cohort)),
        as_of=cohort.now,
        data_hash=_joined([rate.data_hash for rate in rates]),
        chart=partial(_draw_rates, drawn, _headings(cohort), _arms(cohort)) if drawn else None,
        rates=tuple(rates),
    )


def means_figure(cohort: Cohort, scale_code: str, value_set: str | None = None) -> Figure:
    """Mean of one scale by arm over time."""
    key, scale = (scale_code, value_set), find_scale(scale_code)
    points, lines = means_over_time(cohort, key), single_lines(cohort, key)
    span = _("from %(low)g to %(high)g", low=scale.minimum, high=scale.maximum)
    return Figure(
        code=f"mean-{scale_code}",
        title=_("Mean by arm over time: %(scale)s", scale=scale.label),
        description=_("Means with 95 %% intervals on a scale %(span)s; the values are in the table.", span=span),
        rule=_("Everyone who answered in the window, with 95 % t interval and n; not the same people throughout.")
        + (" " + _("Thin lines: single patients.") if lines else "")
        + value_set_words(value_set),
        table=means_table(points, _headings(cohort)),
        as_of=cohort.now,
        data_hash=_joined([point.data_hash for point in points] + [repr(one) for one in lines]),
        chart=partial(_draw_means, points, lines, scale_code, _arms(cohort)) if points else None,
    )


def distribution_figure(cohort: Cohort, rule: Rule, timepoint: str) -> Figure:
    """Share of patients by change in the rule's scale, with its threshold where that is in points."""
    steps, scale = distribution(cohort, (rule.scale, rule.value_set), timepoint), find_scale(rule.scale)
    when = _headings(cohort)[timepoint]
    return Figure(
        code=f"change-{rule.scale}",
        title=_("Change from baseline to %(when)s: %(scale)s", when=when, scale=scale.label),
        description=_("Share of patients who improved by at least each amount, by arm; the values are in the table."),
        rule=_(
            "Height of a curve: share of patients who improved by at least that much. The line: %(rule)s.",
            rule=rule_words(rule),
        )
        + value_set_words(rule.value_set),
        table=steps_table(steps),
        as_of=cohort.now,
        data_hash=_joined([f"{step.arm} {step.change!r} {step.reached} {step.n}" for step in steps]),
        chart=partial(_draw_steps, steps, rule, _arms(cohort)) if steps else None,
    )


def funnel_figure(cohort: Cohort) -> Figure:
    """How far the visits came: a table, which is its own picture."""
    rows = funnel(cohort)
    return Figure(
        code="funnel",
        title=_("From expected to finished"),
        description=_("Numbers of patients by arm and timepoint."),
        rule=_("Patients whose window is over. Those who died before it was over are left out here."),
        table=funnel_table(rows, _headings(cohort)),
        as_of=cohort.now,
        data_hash=_joined([repr(row) for row in rows]),
        chart=None,
    )


def _draw_rates(rates: Sequence[Rate], headings: Mapping[str, str], arms: Sequence[str], width: int) -> object:
    from surveys.outcomes.rate_chart import rate_chart  # noqa: PLC0415 - loaded by the first drawing

    return rate_chart(rates, headings, arms, width=width)


def _draw_means(
    points: Sequence[MeanPoint], lines: Sequence[LinePoint], scale: str, arms: Sequence[str], width: int
) -> object:
    from surveys.outcomes.mean_chart import mean_chart  # noqa: PLC0415 - loaded by the first drawing

    return mean_chart(points, lines, find_scale(scale), arms, width=width)


def _draw_steps(steps: Sequence[Step], rule: Rule, arms: Sequence[str], width: int) -> object:
    unit = _("Improvement in %(unit)s (negative: worse)", unit=find_scale(rule.scale).unit)
    threshold = None if rule.percent else float(rule.amount)
    from surveys.outcomes.share_chart import share_chart  # noqa: PLC0415 - loaded by the first drawing

    return share_chart(steps, unit, threshold, arms, width=width)


def _sentence(rate: Rate) -> str:
    return f"{rate.timepoint}, {rate.arm_label}: {rate.responders}/{rate.evaluable}"


def _headings(cohort: Cohort) -> dict[str, str]:
    return {timepoint.code: timepoint_words(timepoint) for timepoint in cohort.protocol.timepoints}


def _arms(cohort: Cohort) -> list[str]:
    return [arm.code for arm in cohort.protocol.arms]


def _joined(parts: Sequence[str]) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()
