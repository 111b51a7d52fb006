"""Mean of one scale by arm over time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from scoring.instrument import find_scale
from scoring.types import BoolArray
from surveys.i18n import gettext as _
from surveys.outcomes.charts.means import mean_chart
from surveys.outcomes.cohort import Cohort, Key
from surveys.outcomes.drawing import Chart
from surveys.outcomes.figure import Figure, Group
from surveys.outcomes.figures.parts import arm_codes, headings, joined
from surveys.outcomes.means import LinePoint, MeanPoint, means_over_time, single_lines
from surveys.outcomes.tables import means_table
from surveys.outcomes.words import digits_of, value_set_words


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
        table=means_table(points, headings(cohort), digits_of(scale)),
        as_of=cohort.now,
        data_hash=joined([point.data_hash for point in points] + [repr(one) for one in lines]),
        chart=partial(_draw, points, lines, scale_code, arm_codes(cohort)) if points else None,
        groups=tuple(_behind(cohort, key, point) for point in points),
    )


def _behind(cohort: Cohort, key: Key, point: MeanPoint) -> Group:
    """Whose scores a mean is of."""
    title = f"{headings(cohort)[point.timepoint]}, {point.arm_label}"

    def scored(those: Cohort) -> BoolArray:
        own: BoolArray = np.isfinite(those.reading(point.timepoint, key).value) & those.in_arm(point.arm)
        return own

    return Group(f"{point.timepoint}-{point.arm}", title, cohort, scored, cohort.at(point.timepoint, key))


def _draw(
    points: Sequence[MeanPoint], lines: Sequence[LinePoint], scale: str, arms: Sequence[str], width: int
) -> Chart:
    return mean_chart(points, lines, find_scale(scale), arms, width=width)
