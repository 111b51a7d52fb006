"""Who stands behind the rates, arm by arm, in the order of CONSORT-PRO."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.consort import ArmFlow, flow
from scoring.consort import Standing as Consort
from scoring.types import BoolArray
from surveys.outcomes.cohort import Cohort
from surveys.outcomes.judging import NON_RESPONDER, REASONS, RESPONDER, named
from surveys.outcomes.look import Look


@dataclass(frozen=True, slots=True)
class Stream:
    """One arm on its way to the look's timepoint.

    ``treated``: those whose first treatment was done. ``with_baseline``: those with a score before it. ``early``:
    answered while the window is open; the rates count them, the flow's expected do not. ``reasons``: why of those who
    answered in the window some cannot be judged, each with its number, nothing at 0.
    """

    label: str
    counts: ArmFlow
    treated: int
    with_baseline: int
    early: int
    reasons: tuple[tuple[str, int], ...]

    @property
    def unanswered(self) -> int:
        """Expected, and not answered in the window."""
        return self.counts.expected - self.counts.answered


def streams(look: Look) -> tuple[Stream, ...]:
    """One per arm that is looked at and that anybody is in, in the protocol's order; none of an empty cohort."""
    cohort = look.cohort
    if not look.enrolled:
        return ()
    before, after = (cohort.reading(code, look.key) for code in (cohort.baseline, look.focus.code))
    standing = cohort.standing(look.focus.code)
    place = Consort(standing.closed, after.answered, after.late, standing.died, standing.left)
    result = look.rule.classify(before.value, after.value)
    counts = {each.arm: each for each in flow(cohort.arm_codes, place, result)}
    groups = named(result, before, after)
    due = standing.closed & after.answered
    return tuple(_stream(cohort, counts[arm], np.isfinite(before.value), due, groups, after.early) for arm in look.arms)


def _stream(
    cohort: Cohort, counts: ArmFlow, baseline: BoolArray, due: BoolArray, groups: np.ndarray, early: BoolArray | None
) -> Stream:
    own = cohort.in_arm(counts.arm)
    lost = own & due & ~np.isin(groups, (RESPONDER, NON_RESPONDER))
    numbers = ((reason, _n(lost & (groups == reason))) for reason in REASONS)
    return Stream(
        label=cohort.protocol.arm(counts.arm).label,
        counts=counts,
        treated=_n(own & np.isfinite(cohort.known.treated_on)),
        with_baseline=_n(own & baseline),
        early=0 if early is None else _n(own & early),
        reasons=tuple((reason, number) for reason, number in numbers if number),
    )


def _n(flags: BoolArray) -> int:
    return int(np.count_nonzero(flags))
