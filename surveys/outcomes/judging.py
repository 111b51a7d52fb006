"""Who behind a rate responded, who did not, and why the others cannot be judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

import numpy as np

from scoring.responder import Rule
from scoring.types import BoolArray, IntArray, TextArray
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
_ANSWERABLE = np.array([group in (RESPONDER, NON_RESPONDER, *NO_ANSWER_YET) for group in GROUPS])


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


@dataclass(frozen=True, slots=True)
class Judged:
    """A population judged by a rule, an element per episode: who is in it, the scores, and each one's group.

    ``codes``: places among ``GROUPS``.
    """

    chosen: BoolArray
    before: Reading
    after: Reading
    result: ResponderResult
    codes: IntArray

    @property
    def groups(self) -> TextArray:
        """Each one's group by name."""
        names: TextArray = np.array(GROUPS)[self.codes]
        return names

    def numbers(self, cohort: Cohort) -> dict[str, int]:
        """How many are in each group."""
        weights = None if cohort.weights is None else cohort.weights[self.chosen]
        counts = np.bincount(self.codes[self.chosen], weights, len(GROUPS)).tolist()
        return dict(zip(GROUPS, map(int, counts), strict=True))


@dataclass(frozen=True, eq=False)
class Members(Mapping[str, tuple[Member, ...]]):
    """Everyone of a population by group; judged and listed only where somebody looks at the people."""

    cohort: Cohort
    judge: Callable[[Cohort], Judged]

    @cached_property
    def judged(self) -> Judged:
        """Everyone, one by one."""
        return self.judge(self.cohort)

    def __getitem__(self, group: str) -> tuple[Member, ...]:
        """The people of one group with their two scores."""
        if group not in GROUPS:
            raise KeyError(group)
        own = self.judged
        return members_of(self.cohort, own.chosen & (own.groups == group), own.before, own.after)

    def __iter__(self) -> Iterator[str]:
        """Every group, in the order of the page."""
        return iter(GROUPS)

    def __len__(self) -> int:
        """How many groups there are."""
        return len(GROUPS)


def groups_of(rule: Rule, before: Reading, after: Reading) -> TextArray:
    """Responder, non-responder, or why neither can be said, for every episode."""
    return named(rule.classify(before.value, after.value), before, after)


def named(result: ResponderResult, before: Reading, after: Reading) -> TextArray:
    """Verdicts with the reasons told apart, for every episode."""
    groups: TextArray = np.array(GROUPS)[codes_of(result, before, after)]
    return groups


def codes_of(result: ResponderResult, before: Reading, after: Reading) -> IntArray:
    """The same as places among ``GROUPS``: nobody answered, too late, by somebody else, or not scorable."""
    no_follow_up, no_baseline = (result.reason == each.value for each in (Reason.NO_FOLLOW_UP, Reason.NO_BASELINE))
    cases = {
        RESPONDER: result.status == Status.YES.value,
        NON_RESPONDER: result.status == Status.NO.value,
        "proxy": (no_follow_up & after.proxy) | (no_baseline & before.proxy),
        "late": no_follow_up & after.late,
        "not_scorable": no_follow_up & after.answered,
        "no_follow_up": no_follow_up,
        "no_baseline": no_baseline,
        "below_minimum_baseline": result.reason == Reason.BELOW_MINIMUM_BASELINE.value,
    }
    places = [GROUPS.index(group) for group in cases]
    codes: IntArray = np.select(list(cases.values()), places, GROUPS.index("unattainable"))
    return codes


def members_of(cohort: Cohort, chosen: BoolArray, before: Reading, after: Reading) -> tuple[Member, ...]:
    """The chosen episodes with their two scores."""
    return tuple(
        Member(cohort.ids[at], _known(before.value[at]), _known(after.value[at]))
        for at in np.flatnonzero(chosen).tolist()
    )


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def composite_of(cohort: Cohort, operated: BoolArray, judged: Judged) -> Composite:
    """Count the operated as non-responders, whatever they answered; who has no baseline stays out."""
    chosen, codes = judged.chosen, judged.codes
    told = chosen & (codes <= GROUPS.index(NON_RESPONDER))
    failed = operated & _ANSWERABLE[codes]
    responders = chosen & ~operated & (codes == GROUPS.index(RESPONDER))
    return Composite(*(cohort.number(flags) for flags in (operated, responders, told | failed)))
