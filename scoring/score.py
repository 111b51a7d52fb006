"""From answers to scores, for any instrument. One record is an array of one."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np

from scoring.answers import check_shape, checked_items
from scoring.eq5d import eq5d3l_index, eq5d3l_profile
from scoring.functionality import prorated_total
from scoring.instrument import Instrument, find_instrument, load_scales
from scoring.nrs import as_answered, nrs
from scoring.odi import prorated_odi
from scoring.promis import promis_gh
from scoring.sums import answered_and_total
from scoring.types import FloatArray

Answers = Mapping[str, FloatArray]
Scores = dict[str, FloatArray]

BLOCK = 16_384  # records: one item's answers and what is worked out from them stay in the cache

RULE_VERSIONS: Mapping[str, str] = MappingProxyType({code: scale.rule_version for code, scale in load_scales().items()})

_DIMENSIONS = ("mobility", "self_care", "usual_activities", "pain_discomfort", "anxiety_depression")


def _matrix(answers: Iterable[FloatArray]) -> FloatArray:
    """Shape (n, items), stored item by item."""
    return np.stack(list(answers)).T


def _summed(instrument: Instrument, answers: Answers) -> tuple[FloatArray, FloatArray]:
    items = ((each.values, each.gaps) for each in checked_items(instrument, answers))
    return answered_and_total(items, check_shape(instrument, answers))


def _odi(instrument: Instrument, answers: Answers) -> Scores:
    answered, total = _summed(instrument, answers)
    least = len(instrument.items) - instrument.max_missing
    return {"odi": prorated_odi(answered, total, least=least), "odi_n": answered}


def _functionality(instrument: Instrument, answers: Answers) -> Scores:
    answered, total = _summed(instrument, answers)
    activities = len(instrument.items)
    least = activities - instrument.max_missing
    prorated = prorated_total(answered, total, activities=activities, least=least)
    return {"functionality": prorated, "functionality_n": answered}


def _eq5d3l(answers: Answers, value_set: str | None, *, force: bool) -> Scores:
    levels = _matrix(answers[code] for code in _DIMENSIONS)
    scores = {
        "eq5d3l_profile": eq5d3l_profile(levels),
        "eq5d3l_index": eq5d3l_index(levels, value_set=value_set, force=force),
    }
    return scores | ({"eq_vas": answers["vas"]} if "vas" in answers else {})


def _score_block(chosen: Instrument, given: Answers, value_set: str | None, *, force: bool) -> Scores:
    match chosen.code:
        case "odi":
            return _odi(chosen, given)
        case "functionality":
            return _functionality(chosen, given)
    checked = {each.code: each.values for each in checked_items(chosen, given)}
    match chosen.code:
        case "eq5d3l":
            return _eq5d3l(checked, value_set, force=force)
        case "nrs11":
            return nrs(checked)
        case "promis_gh":
            return promis_gh(checked)
        case _:
            return as_answered(chosen, checked)


def score_instrument(
    instrument: str,
    answers: Answers,
    value_set: str | None = None,
    *,
    force: bool = False,
) -> Scores:
    """Score n records of one instrument; columns by scale, NaN where not scorable, nothing rounded.

    ``answers``: item code to shape (n,), NaN where unanswered. ``value_set`` is needed by ``eq5d3l``
    alone and ignored elsewhere; ``force`` admits a set that independent sources contradict. Where
    items may be missing, ``<scale>_n`` counts those answered.

    >>> score_instrument("nrs11", {"active": np.array([7.0, np.nan])})
    {'nrs_active': array([ 7., nan])}
    """
    chosen = find_instrument(instrument)
    length = check_shape(chosen, answers)
    scores = _score_block(chosen, _cut(answers, 0), value_set, force=force)
    if length <= BLOCK:
        return scores
    whole = {scale: np.empty(length) for scale in scores}
    for start in range(0, length, BLOCK):
        for scale, part in _score_block(chosen, _cut(answers, start), value_set, force=force).items():
            whole[scale][start : start + BLOCK] = part
    return whole


def _cut(answers: Answers, start: int) -> Answers:
    return {code: values[start : start + BLOCK] for code, values in answers.items()}
