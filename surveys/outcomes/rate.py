"""A responder rate with everything that makes it one: the object that chart, table and file all print."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import numpy as np

from scoring.proportions import wilson
from scoring.responder import Rule
from scoring.types import BoolArray, TextArray
from scoring.verdict import Reason, Status
from surveys.outcomes.cohort import Cohort, Reading, Standing
from surveys.outcomes.counts import Counts, count, expected
from surveys.outcomes.words import window_words
from surveys.protocols.model import Timepoint

COMPLETE_CASES = "complete cases"
POPULATION = "enrolled, window closed or answered already; the withdrawn included"
EVENTS = "treatment policy: answers count whatever happened before them"
REASONS = (
    "no_baseline",
    "below_minimum_baseline",
    "unattainable",
    "no_follow_up",
    "late",
    "proxy",
    "not_scorable",
)


@dataclass(frozen=True, slots=True)
class Rate:
    """Responders of those who can be judged, in one arm at one timepoint.

    ``rate`` and ``completeness`` are fractions, None where nobody is in the denominator; ``interval`` is
    Wilson's at 95 %. ``not_evaluable`` names each reason with its number, zeros included: together with
    ``evaluable`` they make up the population.
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
    responders: int
    evaluable: int
    not_evaluable: tuple[tuple[str, int], ...]
    interval: tuple[float, float] | None
    data_hash: str  # SHA-256 of the judged rows
    as_of: datetime

    @property
    def non_responders(self) -> int:
        """Evaluable patients who do not meet the rule."""
        return self.evaluable - self.responders

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
    chosen = cohort.in_arm(arm) & population(cohort.standing(timepoint.code), after)
    result = rule.classify(before.value, after.value)
    reasons = _reasons(result.reason, before, after)
    responders = int(np.count_nonzero(chosen & (result.status == Status.YES.value)))
    evaluable = int(np.count_nonzero(chosen & (result.status != Status.NOT_EVALUABLE.value)))
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
        responders=responders,
        evaluable=evaluable,
        not_evaluable=tuple((word, int(np.count_nonzero(chosen & (reasons == word)))) for word in REASONS),
        interval=wilson(responders, evaluable),
        data_hash=_hash(cohort, chosen, before, after, reasons),
        as_of=cohort.now,
    )


def population(standing: Standing, reading: Reading) -> BoolArray:
    """Everyone expected, and those who answered though their window is still open."""
    wanted: BoolArray = expected(standing, reading) | reading.answered
    return wanted


def _baseline(cohort: Cohort) -> str:
    return next(timepoint.code for timepoint in cohort.protocol.timepoints if timepoint.is_baseline)


def _reasons(reason: TextArray, before: Reading, after: Reading) -> TextArray:
    """Tell apart why a score is missing: nobody answered, too late, by somebody else, or not scorable."""
    no_follow_up, no_baseline = reason == Reason.NO_FOLLOW_UP.value, reason == Reason.NO_BASELINE.value
    cases = {
        "proxy": (no_follow_up & after.proxy) | (no_baseline & before.proxy),
        "late": no_follow_up & after.late,
        "not_scorable": no_follow_up & after.answered,
    }
    named: TextArray = np.select(list(cases.values()), list(cases), reason)
    return named


def _hash(cohort: Cohort, chosen: BoolArray, before: Reading, after: Reading, reasons: TextArray) -> str:
    digest = sha256()
    for at in np.flatnonzero(chosen):
        row = (cohort.ids[at].hex, repr(float(before.value[at])), repr(float(after.value[at])), str(reasons[at]))
        digest.update("\t".join(row).encode() + b"\n")
    return digest.hexdigest()
