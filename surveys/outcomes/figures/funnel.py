"""How far the visits came."""

from __future__ import annotations

from surveys.i18n import gettext as _
from surveys.outcomes.cohort import Cohort
from surveys.outcomes.figure import Figure
from surveys.outcomes.figures.parts import headings, joined
from surveys.outcomes.funnel import funnel
from surveys.outcomes.tables import funnel_table


def funnel_figure(cohort: Cohort) -> Figure:
    """How far the visits came: a table, which is its own picture."""
    rows = funnel(cohort)
    return Figure(
        code="funnel",
        title=_("From expected to finished"),
        description=_("Numbers of patients by arm and timepoint."),
        rule=_("Patients whose window is over. Those who died before it was over are left out here."),
        table=funnel_table(rows, headings(cohort)),
        as_of=cohort.now,
        data_hash=joined([repr(row) for row in rows]),
        chart=None,
    )
