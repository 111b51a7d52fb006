"""From answers to scores, for any instrument. One record is an array of one."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from scoring.answers import check_answers
from scoring.eq5d import eq5d3l_index, eq5d3l_profile
from scoring.functionality import functionality
from scoring.instrument import Instrument, find_instrument, load_instruments
from scoring.nrs import as_answered, nrs
from scoring.odi import odi
from scoring.types import FloatArray

Answers = Mapping[str, FloatArray]

RULE_VERSIONS: Mapping[str, str] = MappingProxyType(
    {scale.code: scale.rule_version for each in load_instruments().values() for scale in each.scales}
)

_DIMENSIONS = ("mobility", "self_care", "usual_activities", "pain_discomfort", "anxiety_depression")


def _matrix(answers: Answers) -> FloatArray:
    return np.column_stack(list(answers.values()))


def _odi(instrument: Instrument, answers: Answers) -> dict[str, FloatArray]:
    levels = _matrix(answers)
    answered = np.isfinite(levels).sum(axis=1).astype(np.float64)
    return {"odi": odi(levels, max_missing=instrument.max_missing), "odi_n": answered}


def _functionality(instrument: Instrument, answers: Answers) -> dict[str, FloatArray]:
    levels = _matrix(answers)
    answered = np.isfinite(levels).sum(axis=1).astype(np.float64)
    total = functionality(levels, max_missing=instrument.max_missing)
    return {"functionality": total, "functionality_n": answered}


def _eq5d3l(answers: Answers, value_set: str | None, *, force: bool) -> dict[str, FloatArray]:
    levels = np.column_stack([answers[code] for code in _DIMENSIONS])
    scores = {
        "eq5d3l_profile": eq5d3l_profile(levels),
        "eq5d3l_index": eq5d3l_index(levels, value_set=value_set, force=force),
    }
    return scores | ({"eq_vas": answers["vas"]} if "vas" in answers else {})


def score_instrument(
    instrument: str,
    answers: Answers,
    value_set: str | None = None,
    *,
    force: bool = False,
) -> dict[str, FloatArray]:
    """Score n records of one instrument; columns by scale, NaN where not scorable, nothing rounded.

    ``answers``: item code to shape (n,), NaN where unanswered. ``value_set`` is needed by ``eq5d3l``
    alone and ignored elsewhere; ``force`` admits a set that independent sources contradict. Where
    items may be missing, ``<scale>_n`` counts those answered.
    """
    chosen = find_instrument(instrument)
    checked = check_answers(chosen, answers)
    match instrument:
        case "odi":
            return _odi(chosen, checked)
        case "functionality":
            return _functionality(chosen, checked)
        case "eq5d3l":
            return _eq5d3l(checked, value_set, force=force)
        case "nrs11":
            return nrs(checked)
        case _:
            return as_answered(chosen, checked)
