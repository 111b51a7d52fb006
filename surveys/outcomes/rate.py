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
from scoring.verdict import Reason
from surveys.outcomes.cohort import Cohort, Reading, Standing
from surveys.outcomes.counts import Counts, count, expected
from surveys.outcomes.judging import (
    NON_RESPONDER,
    REASONS,
    RESPONDER,
    Composite,
    Members,
    composite_of,
    named,
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
    Wilson's at 95 %. ``missing_answers``: how many have a usable baseline and no answer that counts;
    ``envelope``: the rate if none of them, and if all of them, had responded. ``numbers``: how many are in each group;
    ``members`` has everyone of the population under responder, non_responder or the reason why not evaluable, so
    every number of a rate can be traced to patients.
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
    numbers: Mapping[str, int]
    missing_answers: int
    members: Members
    composite: Composite
    interval: tuple[float, float] | None
    data_hash: str  # SHA-256 of the judged rows
    as_of: datetime

    @property
    def responders(self) -> int:
        """Evaluable patients who meet the rule."""
        return self.numbers[RESPONDER]

    @property
    def non_responders(self) -> int:
        """Evaluable patients who do not meet the rule."""
        return self.numbers[NON_RESPONDER]

    @property
    def evaluable(self) -> int:
        """Responders and non-responders."""
        return self.responders + self.non_responders

    @property
    def not_evaluable(self) -> tuple[tuple[str, int], ...]:
        """Each reason with its number, zeros included."""
        return tuple((word, self.numbers[word]) for word in REASONS)

    @property
    def rate(self) -> float | None:
        """Responders of the evaluable."""
        return self.responders / self.evaluable if self.evaluable else None

    @property
    def envelope(self) -> tuple[float, float] | None:
        """Lowest and highest rate that the missing answers leave possible; None where nobody could be judged."""
        everyone = self.evaluable + self.missing_answers
        if not everyone:
            return None
        return self.responders / everyone, (self.responders + self.missing_answers) / everyone

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
    result = rule.classify(before.value, after.value)
    groups = named(result, before, after)
    members = Members(cohort, chosen, groups, before, after)
    numbers = members.numbers()
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
        numbers=numbers,
        missing_answers=int(np.count_nonzero(chosen & (result.reason == Reason.NO_FOLLOW_UP.value))),
        members=members,
        composite=composite_of(chosen & standing.operated, chosen, groups),
        interval=wilson(numbers[RESPONDER], numbers[RESPONDER] + numbers[NON_RESPONDER]),
        data_hash=_hash(cohort, chosen, before, after, groups),
        as_of=cohort.now,
    )


def population(standing: Standing, reading: Reading) -> BoolArray:
    """Everyone expected, and those who answered though their window is still open."""
    wanted: BoolArray = expected(standing, reading) | reading.answered
    return wanted


def _baseline(cohort: Cohort) -> str:
    return cohort.baseline


def _hash(cohort: Cohort, chosen: BoolArray, before: Reading, after: Reading, groups: TextArray) -> str:
    digest = sha256(cohort.keys[chosen].tobytes())
    for reading in (before, after):
        digest.update(reading.value[chosen].astype("<f8").tobytes())
    digest.update("\n".join(groups[chosen].tolist()).encode())
    return digest.hexdigest()
