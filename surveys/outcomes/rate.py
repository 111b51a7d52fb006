"""A responder rate with everything that makes it one: the object that chart, table and file all print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import numpy as np

from scoring.proportions import wilson
from scoring.responder import Rule
from scoring.types import BoolArray, TextArray
from surveys.outcomes.cohort import Cohort, Reading, Standing
from surveys.outcomes.counts import Counts, count, expected
from surveys.outcomes.judging import (
    GROUPS,
    NON_RESPONDER,
    REASONS,
    RESPONDER,
    Composite,
    Member,
    composite_of,
    groups_of,
    members_of,
)
from surveys.outcomes.words import window_words
from surveys.protocols.model import Timepoint

COMPLETE_CASES = "complete cases"
POPULATION = "enrolled, window closed or answered already; the withdrawn included"
EVENTS = "treatment policy: answers count whatever happened before them"


@dataclass(frozen=True, slots=True)
class Rate:
    """Responders of those who can be judged, in one arm at one timepoint.

    ``rate`` and ``completeness`` are fractions, None where nobody is in the denominator; ``interval`` is
    Wilson's at 95 %. ``members`` has everyone of the population under responder, non_responder or the
    reason why not evaluable, so every number of a rate can be traced to patients.
    """

    rule: str
    arm: str
    arm_label: str
    timepoint: str
    window: str
    population: str
    missing: str
    events: str
    counts: Counts
    members: Mapping[str, tuple[Member, ...]]
    composite: Composite
    interval: tuple[float, float] | None
    data_hash: str  # SHA-256 of the judged rows
    as_of: datetime

    @property
    def responders(self) -> int:
        """Evaluable patients who meet the rule."""
        return len(self.members[RESPONDER])

    @property
    def non_responders(self) -> int:
        """Evaluable patients who do not meet the rule."""
        return len(self.members[NON_RESPONDER])

    @property
    def evaluable(self) -> int:
        """Responders and non-responders."""
        return self.responders + self.non_responders

    @property
    def not_evaluable(self) -> tuple[tuple[str, int], ...]:
        """Each reason with its number, zeros included."""
        return tuple((word, len(self.members[word])) for word in REASONS)

    @property
    def rate(self) -> float | None:
        """Responders of the evaluable."""
        return self.responders / self.evaluable if self.evaluable else None

    @property
    def completeness(self) -> float | None:
        """Answered in the window, of those expected."""
        return self.counts.answered / self.counts.expected if self.counts.expected else None


def rate_of(cohort: Cohort, rule: Rule, arm: str, timepoint: Timepoint) -> Rate:
    """Judge one arm at one timepoint; change is from the baseline answered before the first treatment."""
    key = (rule.scale, rule.value_set)
    before, after = cohort.reading(_baseline(cohort), key), cohort.reading(timepoint.code, key)
    standing = cohort.standing(timepoint.code)
    chosen = cohort.in_arm(arm) & population(standing, after)
    groups = groups_of(rule, before, after)
    members = {name: members_of(cohort, chosen & (groups == name), before, after) for name in GROUPS}
    responders, others = len(members[RESPONDER]), len(members[NON_RESPONDER])
    return Rate(
        rule=rule.text,
        arm=arm,
        arm_label=cohort.protocol.arm(arm).label,
        timepoint=timepoint.code,
        window=window_words(timepoint),
        population=POPULATION,
        missing=COMPLETE_CASES,
        events=EVENTS,
        counts=count(cohort, arm, timepoint.code, after),
        members=members,
        composite=composite_of(chosen & standing.operated, chosen, groups),
        interval=wilson(responders, responders + others),
        data_hash=_hash(cohort, chosen, before, after, groups),
        as_of=cohort.now,
    )


def population(standing: Standing, reading: Reading) -> BoolArray:
    """Everyone expected, and those who answered though their window is still open."""
    wanted: BoolArray = expected(standing, reading) | reading.answered
    return wanted


def _baseline(cohort: Cohort) -> str:
    return next(timepoint.code for timepoint in cohort.protocol.timepoints if timepoint.is_baseline)


def _hash(cohort: Cohort, chosen: BoolArray, before: Reading, after: Reading, reasons: TextArray) -> str:
    digest = sha256()
    for at in np.flatnonzero(chosen):
        row = (cohort.ids[at].hex, repr(float(before.value[at])), repr(float(after.value[at])), str(reasons[at]))
        digest.update("\t".join(row).encode() + b"\n")
    return digest.hexdigest()
