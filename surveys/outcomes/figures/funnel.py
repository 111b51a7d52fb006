"""How far the visits came."""

from __future__ import annotations

from functools import partial

from scoring.types import BoolArray
from surveys.i18n import gettext as _
from surveys.outcomes.charts.marks import Stack
from surveys.outcomes.charts.stacked import stacked_chart
from surveys.outcomes.cohort import Cohort
from surveys.outcomes.drawing import Chart
from surveys.outcomes.figure import Figure, Group
from surveys.outcomes.figures.groups import told_by_arm
from surveys.outcomes.figures.parts import headings, joined
from surveys.outcomes.funnel import FURTHEST, FunnelRow, funnel, furthest
from surveys.outcomes.tables import funnel_table
from surveys.outcomes.words import percent


def funnel_figure(cohort: Cohort) -> Figure:
    """Everyone expected, under the last step that they reached."""
    rows, heads = funnel(cohort), headings(cohort)
    stacks = [Stack(row.timepoint, row.furthest, _words(row)) for row in rows]
    return Figure(
        code="funnel",
        title=_("From expected to finished"),
        description=_("Numbers of patients by arm and timepoint."),
        rule=_("Patients whose window is over. Those who died before it was over are left out here."),
        table=funnel_table(rows, heads),
        as_of=cohort.now,
        data_hash=joined([repr(row) for row in rows]),
        chart=partial(_draw, stacks, heads) if rows else None,
        groups=tuple(group for code in dict.fromkeys(row.timepoint for row in rows) for group in _behind(cohort, code)),
        why_not="" if rows else _("No window is over yet, so nobody is expected to have answered."),
    )


def step_words() -> tuple[str, ...]:
    """The steps of ``FURTHEST``."""
    answered = (_("Finished in window"), _("Finished late"), _("Started, not finished"))
    return (*answered, _("Opened, not started"), _("Sent, not opened"), _("Not sent"))


def _words(row: FunnelRow) -> tuple[str, str]:
    short = f"{row.arm_label}: {row.finished}/{row.expected}, {percent(row.finished / row.expected)}"
    return _("%(rate)s finished in window", rate=short), short


def _behind(cohort: Cohort, timepoint: str) -> tuple[Group, ...]:
    when = headings(cohort)[timepoint]
    parts = {
        f"{timepoint}-{step}": (f"{when}, {words}", partial(_reached, timepoint=timepoint, step=step))
        for step, words in zip(FURTHEST, step_words(), strict=True)
    }
    return told_by_arm(cohort, cohort.by_visit(timepoint), parts)


def _reached(cohort: Cohort, timepoint: str, step: str) -> BoolArray:
    return furthest(cohort, timepoint)[step]


def _draw(stacks: list[Stack], heads: dict[str, str], width: int) -> Chart:
    return stacked_chart(stacks, heads, step_words(), [_("Share of those expected")], width=width)
