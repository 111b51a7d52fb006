"""A cohort without the timepoints and arms at which a figure would speak of fewer patients than its reader needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from scoring.responder import Rule
from scoring.types import BoolArray
from surveys.outcomes.cohort import Cohort, Key
from surveys.outcomes.counts import expected
from surveys.outcomes.judging import NON_RESPONDER, RESPONDER, groups_of
from surveys.outcomes.registry.telling import closed, may_be_said


def narrowed(cohort: Cohort, rules: Sequence[Rule]) -> Cohort:
    """Leave out each timepoint at which some group of some arm may not be said, by what was read and by the rules.

    Of a timepoint that was asked for and may not be said, no arm is shown.
    """
    cohort = _with_followed(cohort)
    codes = [timepoint.code for timepoint in cohort.protocol.timepoints]
    gone = tuple(code for code in codes if not all(may_be_said(cohort, own) for own in _groups(cohort, rules, code)))
    kept = {code: standing for code, standing in cohort.standings.items() if code not in gone}
    readings = {key: reading for key, reading in cohort.readings.items() if key[0] not in gone}
    few = frozenset(
        (arm, code) for arm in cohort.shown_arms() for code in kept if _few_operated(cohort, rules, arm, code)
    )
    if not gone:
        return replace(cohort, operations_unsaid=few)
    narrow = replace(cohort, standings=kept, readings=readings, unsaid=gone, operations_unsaid=few)
    return closed(narrow, frozenset(cohort.arms)) if cohort.filters.timepoint in gone else narrow


def _groups(cohort: Cohort, rules: Sequence[Rule], code: str) -> Iterator[BoolArray]:
    """Every group that a figure divides by at a timepoint."""
    for arm in cohort.shown_arms():
        own, standing = cohort.in_arm(arm), cohort.standing(code)
        yield own & standing.closed & (~standing.died | standing.finished)
        for key in sorted({key for at, key in cohort.readings if at == code}, key=str):
            for group in _of_scale(cohort, code, key):
                yield own & group
        for rule in rules:
            yield own & _judged(cohort, code, rule)


def _of_scale(cohort: Cohort, code: str, key: Key) -> tuple[BoolArray, ...]:
    """Expected, answered, scored, and scored both times."""
    reading = cohort.reading(code, key)
    scored = np.isfinite(reading.value)
    both = scored & np.isfinite(cohort.reading(cohort.baseline, key).value)
    return expected(cohort.standing(code), reading), reading.answered, scored, both


def _judged(cohort: Cohort, code: str, rule: Rule) -> BoolArray:
    key = (rule.scale, rule.value_set)
    before, after = cohort.reading(cohort.baseline, key), cohort.reading(code, key)
    evaluable = np.isin(groups_of(rule, before, after), (RESPONDER, NON_RESPONDER))
    judged: BoolArray = expected(cohort.standing(code), after) & evaluable
    return judged


def _few_operated(cohort: Cohort, rules: Sequence[Rule], arm: str, code: str) -> bool:
    """Whether few of an arm were operated on by then, or few of them could be judged, or few could not.

    The rate with an operation as no response would else tell, less the other rate, what these few had answered.
    """
    own = cohort.in_arm(arm) & cohort.standing(code).closed & cohort.standing(code).operated
    judged = [_judged(cohort, code, rule) for rule in rules]
    groups = (own, *(own & flags for flags in judged), *(own & ~flags for flags in judged))
    return not all(may_be_said(cohort, flags) for flags in groups)


def _with_followed(cohort: Cohort) -> Cohort:
    """Without the arms in which few were treated, or few followed; opioid use is not known where it is of few."""
    facts = cohort.facts
    if facts is None:
        return cohort
    treated = np.isfinite(facts.treated_on)
    told = np.isfinite(facts.last_form) | np.isfinite(facts.told_operation) | np.isfinite(facts.operated_on)
    groups = {arm: (cohort.in_arm(arm) & treated, cohort.in_arm(arm) & treated & told) for arm in cohort.shown_arms()}
    few = frozenset(arm for arm, own in groups.items() if not all(may_be_said(cohort, flags) for flags in own))
    known = np.isfinite(facts.opioid_use)
    if not all(may_be_said(cohort, cohort.in_arm(arm) & known) for arm in cohort.shown_arms()):
        facts = replace(facts, opioid_use=np.full(len(known), np.nan))
    return closed(replace(cohort, facts=facts), few)
