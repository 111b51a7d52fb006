"""Who behind a rate responded, who did not, and why the others cannot be judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from scoring.responder import Rule
from scoring.types import BoolArray, TextArray
from scoring.verdict import Reason, ResponderResult, Status
from surveys.outcomes.cohort import Cohort, Reading

REASONS = (
    "no_baseline",
    "below_minimum_baseline",
    "unattainable",
    "no_follow_up",
    "late",
    "proxy",
    "not_scorable",
)


RESPONDER, NON_RESPONDER = "responder", "non_responder"
GROUPS = (RESPONDER, NON_RESPONDER, *REASONS)
NO_ANSWER_YET = ("no_follow_up", "late", "proxy", "not_scorable")  # an operation settles these; not a missing baseline


@dataclass(frozen=True, slots=True)
class Member:
    """A patient behind a rate: the episode and its two scores, None where there is none."""

    episode_id: UUID
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class Composite:
    """The rate when an operation counts as no response; ``operated``: how many of the population were."""

    operated: int
    responders: int
    evaluable: int

    @property
    def rate(self) -> float | None:
        """Responders of the evaluable."""
        return self.responders / self.evaluable if self.evaluable else None


@dataclass(frozen=True, eq=False)
class Members(Mapping[str, tuple[Member, ...]]):
    """Everyone of a population by group; counted from arrays, and listed only where somebody looks at the people."""

    cohort: Cohort
    chosen: BoolArray
    groups: TextArray
    before: Reading
    after: Reading

    def __getitem__(self, group: str) -> tuple[Member, ...]:
        """The people of one group with their two scores."""
        if group not in GROUPS:
            raise KeyError(group)
        return members_of(self.cohort, self.chosen & (self.groups == group), self.before, self.after)

    def __iter__(self) -> Iterator[str]:
        """Every group, in the order of the page."""
        return iter(GROUPS)

    def __len__(self) -> int:
        """How many groups there are."""
        return len(GROUPS)

    def numbers(self) -> dict[str, int]:
        """How many are in each group."""
        found = dict(zip(*np.unique(self.groups[self.chosen], return_counts=True), strict=True))
        return {group: int(found.get(group, 0)) for group in GROUPS}


def groups_of(rule: Rule, before: Reading, after: Reading) -> TextArray:
    """Responder, non-responder, or why neither can be said, for every episode."""
    return named(rule.classify(before.value, after.value), before, after)


def named(result: ResponderResult, before: Reading, after: Reading) -> TextArray:
    """Verdicts with the reasons told apart, for every episode."""
    judged = [result.status == Status.YES.value, result.status == Status.NO.value]
    groups: TextArray = np.select(judged, [RESPONDER, NON_RESPONDER], _reasons(result.reason, before, after))
    return groups


def members_of(cohort: Cohort, chosen: BoolArray, before: Reading, after: Reading) -> tuple[Member, ...]:
    """The chosen episodes with their two scores."""
    return tuple(
        Member(cohort.ids[at], _known(before.value[at]), _known(after.value[at])) for at in np.flatnonzero(chosen)
    )


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def composite_of(operated: BoolArray, chosen: BoolArray, groups: TextArray) -> Composite:
    """Count the operated as non-responders, whatever they answered; who has no baseline stays out."""
    judged = chosen & np.isin(groups, (RESPONDER, NON_RESPONDER))
    failed = operated & np.isin(groups, (RESPONDER, NON_RESPONDER, *NO_ANSWER_YET))
    responders = chosen & ~operated & (groups == RESPONDER)
    numbers = (np.count_nonzero(flags) for flags in (operated, responders, judged | failed))
    return Composite(*map(int, numbers))


def _reasons(reason: TextArray, before: Reading, after: Reading) -> TextArray:
    """Tell apart why a score is missing: nobody answered, too late, by somebody else, or not scorable."""
    no_follow_up, no_baseline = reason == Reason.NO_FOLLOW_UP.value, reason == Reason.NO_BASELINE.value
    cases = {
        "proxy": (no_follow_up & after.proxy) | (no_baseline & before.proxy),
        "late": no_follow_up & after.late,
        "not_scorable": no_follow_up & after.answered,
    }
    told: TextArray = np.select(list(cases.values()), list(cases), reason)
    return told
