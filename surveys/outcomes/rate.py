"""A responder rate with everything that makes it one: the object that chart, table and file all print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np

from scoring.proportions import wilson
from scoring.responder import Rule
from scoring.verdict import Reason
from surveys.outcomes.cohort import Cohort
from surveys.outcomes.counted_rows import counts_hash
from surveys.outcomes.counts import Counts, count, expected
from surveys.outcomes.judging import (
    NON_RESPONDER,
    REASONS,
    RESPONDER,
    Composite,
    Judged,
    Members,
    codes_of,
    composite_of,
)
from surveys.outcomes.words import window_words
from surveys.protocols.model import Timepoint

COMPLETE_CASES = "complete cases"
POPULATION = "enrolled, window closed; the withdrawn included"
EVENTS = "treatment policy: answers count whatever happened before them"


@dataclass(frozen=True, slots=True)
class Rate:
    """Responders of those who can be judged, in one arm at one timepoint.

    ``rate`` and ``completeness`` are fractions, None where nobody is in the denominator; ``interval`` is
    Wilson's at 95 %. ``missing_answers``: how many have a usable baseline and no answer that counts;
    ``envelope``: the rate if none of them, and if all of them, had responded. ``composite``: None where its reader may
    not be told. ``numbers``: how many are in each group; ``members`` has everyone of the population under responder,
    non_responder or the reason why not evaluable, so every number of a rate can be traced to patients.
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
    composite: Composite | None
    interval: tuple[float, float] | None
    data_hash: str  # SHA-256 of the judged scores with how many patients have each
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
    judge = partial(judge_by, rule=rule, arm=arm, timepoint=timepoint.code)
    alike = cohort.at(timepoint.code, (rule.scale, rule.value_set))
    judged = judge(alike)
    numbers, no_answer = judged.numbers(alike), judged.result.reason == Reason.NO_FOLLOW_UP.value
    operated, unsaid = alike.standing(timepoint.code).operated, (arm, timepoint.code) in cohort.operations_unsaid
    return Rate(
        rule=rule.text,
        arm=arm,
        arm_label=cohort.protocol.arm(arm).label,
        timepoint=timepoint.code,
        window=window_words(timepoint),
        population=POPULATION,
        missing=COMPLETE_CASES,
        events=EVENTS,
        counts=count(alike, arm, timepoint.code, judged.after),
        numbers=numbers,
        missing_answers=alike.number(judged.chosen & no_answer),
        members=Members(cohort, judge),
        composite=None if unsaid else composite_of(alike, judged.chosen & operated, judged),
        interval=wilson(numbers[RESPONDER], numbers[RESPONDER] + numbers[NON_RESPONDER]),
        data_hash=_hash(alike, judged),
        as_of=cohort.now,
    )


def judge_by(cohort: Cohort, rule: Rule, arm: str, timepoint: str) -> Judged:
    """Everyone of an arm's population at a timepoint, by a rule."""
    key = (rule.scale, rule.value_set)
    before, after = cohort.reading(cohort.baseline, key), cohort.reading(timepoint, key)
    chosen = cohort.in_arm(arm) & expected(cohort.standing(timepoint), after)
    result = rule.classify(before.value, after.value)
    return Judged(chosen, before, after, result, codes_of(result, before, after))


def _hash(cohort: Cohort, judged: Judged) -> str:
    """Of the scores and groups that there are, each with how many patients have it; not of who they are."""
    told = judged.before.value.view(np.int64), judged.after.value.view(np.int64), judged.codes
    columns = [column[judged.chosen] for column in told]
    return counts_hash(columns, None if cohort.weights is None else cohort.weights[judged.chosen])
