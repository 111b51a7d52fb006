"""Who has a score at every visit: the same patients throughout, beside whoever was available at each."""

from __future__ import annotations

import numpy as np

from scoring.types import BoolArray
from surveys.outcomes.look import Look
from surveys.protocols.model import Timepoint


def visits_up_to_focus(look: Look) -> tuple[Timepoint, ...]:
    """Follow-ups of the rule's scale up to the look's timepoint, whichever is chosen; the optional ones left out."""
    points = look.cohort.protocol.timepoints
    codes = [point.code for point in points]
    last = codes.index(look.focus.code)
    asked = {code for code, key in look.cohort.readings if key == look.key}
    return tuple(
        point
        for point in points[: last + 1]
        if not point.is_baseline and point.code in asked and (not point.optional or point == look.focus)
    )


def throughout(look: Look) -> BoolArray:
    """Who of the arms that are looked at has a score at the baseline and at each of those visits."""
    codes = [look.cohort.baseline, *(point.code for point in visits_up_to_focus(look))]
    scored = [np.isfinite(look.cohort.reading(code, look.key).value) for code in codes]
    always: BoolArray = np.logical_and.reduce([look.cohort.shown(), *scored])
    return always
