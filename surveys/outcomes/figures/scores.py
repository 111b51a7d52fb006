"""The cohort's scores at the look's timepoint as the responder analysis takes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.responders import ArmScores
from scoring.types import BoolArray, FloatArray
from scoring.verdict import YES, ResponderResult, Status
from surveys.outcomes.counts import expected
from surveys.outcomes.figures.parts import arrays_hash
from surveys.outcomes.look import Look


@dataclass(frozen=True, slots=True)
class Judged:
    """Everyone of the population judged by the look's rule; arrays over the whole cohort.

    ``chosen``: who is in the population; ``evaluable`` and ``responded``: False elsewhere.
    """

    chosen: BoolArray
    evaluable: BoolArray
    responded: BoolArray
    data_hash: str


def population_of(look: Look) -> BoolArray:
    """Who of the arms that are looked at belongs to the rate's population at the look's timepoint."""
    cohort, focus = look.cohort, look.focus.code
    wanted: BoolArray = expected(cohort.standing(focus), cohort.reading(focus, look.key)) & cohort.shown()
    return wanted


def both_scores(look: Look) -> tuple[FloatArray, FloatArray]:
    """Everyone's scores at the baseline and at the look's timepoint, NaN where there is none."""
    read = look.cohort.reading
    return read(look.cohort.baseline, look.key).value, read(look.focus.code, look.key).value


def scores_of(look: Look) -> ArmScores | None:
    """Scores of the population with the visits between; None where nobody is in it."""
    cohort, chosen = look.cohort, population_of(look)
    if not chosen.any():
        return None
    codes = [timepoint.code for timepoint in cohort.protocol.timepoints if not timepoint.is_baseline]
    earlier = [code for code in codes[: codes.index(look.focus.code)] if (code, look.key) in cohort.readings]
    between = [cohort.reading(code, look.key).value[chosen] for code in earlier]
    return ArmScores(
        cohort.arm_codes[chosen],
        cohort.reading(cohort.baseline, look.key).value[chosen],
        cohort.reading(look.focus.code, look.key).value[chosen],
        np.column_stack(between) if between else np.empty((int(chosen.sum()), 0)),
    )


def judged(look: Look) -> Judged:
    """Judge the population at the look's timepoint; nothing imputed."""
    cohort, chosen = look.cohort, population_of(look)
    before, after = both_scores(look)
    result = look.rule.classify(before, after)
    evaluable = chosen & _answered(result)
    responded = evaluable & (result.status == YES.value)
    return Judged(chosen, evaluable, responded, arrays_hash(cohort, chosen, before, after, result.status))


def _answered(result: ResponderResult) -> BoolArray:
    answered: BoolArray = np.isin(result.status, (Status.YES.value, Status.NO.value))
    return answered
