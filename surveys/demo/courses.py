"""Single patients' ODI and pain that vary like people's and still add up to an arm's published figures."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SIZE = 40
MONTHS = ("baseline", "m1", "m3", "m6", "m12")
SHARE = {"m1": 0.75, "m3": 1.0, "m6": 1.0}  # of the gain at 12 months
LOWEST, HIGHEST = 4, 84  # ODI that these patients report
SMALLEST_GAIN, LARGEST_MISS = 10, 8  # ODI: a responder at 12 months gains 10 or more, another 8 at most


@dataclass(frozen=True)
class ArmPlan:
    """One arm: what its answers add up to.

    ``odi_sums``: per timepoint, over those who answer. ``gain``: mean ODI gain at 12 months of responders
    and of the others. ``lost`` answers up to month 1, ``misses_m6`` all but month 6, as places from 0.
    """

    arm: str
    product: str
    odi_sums: Mapping[str, int]
    odi_responders_m12: int
    pain_responders: Mapping[str, int]
    gain: tuple[int, int]
    lost: int
    misses_m6: int | None = None

    def answered(self, patient: int) -> tuple[str, ...]:
        """Return the timepoints one patient answers."""
        if patient == self.lost:
            return MONTHS[:2]
        return tuple(code for code in MONTHS if (patient, code) != (self.misses_m6, "m6"))

    def those(self, code: str) -> list[int]:
        """Return who answers at a timepoint."""
        return [patient for patient in range(SIZE) if code in self.answered(patient)]


def odi_table(plan: ArmPlan, rng: random.Random) -> dict[str, list[int]]:
    """Return every patient's ODI per timepoint, in even numbers; whoever does not answer has one nobody reads."""
    base = _with_sum([_even(rng.gauss(46, 11), 24, 72) for _ in range(SIZE)], plan, "baseline", rng)
    better = set(rng.sample(plan.those("m12"), plan.odi_responders_m12))
    gains = [_gain(plan, base[patient], rng, better=patient in better) for patient in range(SIZE)]
    table = {"baseline": base, "m12": [start - gain for start, gain in zip(base, gains, strict=True)]}
    for code, share in SHARE.items():
        drawn = [start - share * gain + rng.gauss(0, 4) for start, gain in zip(base, gains, strict=True)]
        table[code] = _with_sum([_even(odi, LOWEST, HIGHEST) for odi in drawn], plan, code, rng)
    return table


def _gain(plan: ArmPlan, start: int, rng: random.Random, *, better: bool) -> int:
    most = start - LOWEST
    if better:
        return _even(rng.gauss(plan.gain[0], 7), SMALLEST_GAIN, most)
    return _even(rng.gauss(plan.gain[1], 5), start - HIGHEST, LARGEST_MISS)


def _even(value: float, low: int, high: int) -> int:
    """ODI moves in steps of 2."""
    return max(low, min(high, 2 * round(value / 2)))


def _with_sum(values: list[int], plan: ArmPlan, code: str, rng: random.Random) -> list[int]:
    """Move single patients by 2 until those who answer have the sum."""
    those = plan.those(code)
    while missing := plan.odi_sums[code] - sum(values[patient] for patient in those):
        step = 2 if missing > 0 else -2
        patient = rng.choice(those)
        if LOWEST <= values[patient] + step <= HIGHEST:
            values[patient] += step
    return values


def pain_table(plan: ArmPlan, odi: Mapping[str, Sequence[int]], rng: random.Random) -> dict[str, list[int]]:
    """Return every patient's active pain. Responders fall by 3 or more, others by 1 at most: "≥ 2" and "> 2" agree.

    Who responds by pain is mostly who gained by ODI.
    """
    base = [max(5, min(9, round(start / 12 + rng.gauss(3, 1)))) for start in odi["baseline"]]
    table = {"baseline": base}
    for code, count in plan.pain_responders.items():
        gained = {p: odi["baseline"][p] - odi[code][p] + rng.gauss(0, 6) for p in plan.those(code)}
        better = set(sorted(gained, key=lambda p: gained[p])[-count:])
        table[code] = [_pain(start, rng, better=p in better) for p, start in enumerate(base)]
    return table


def _pain(start: int, rng: random.Random, *, better: bool) -> int:
    return max(0, start - rng.choice((3, 3, 4, 4, 5, 6))) if better else min(10, start + rng.choice((-1, -1, 0, 0, 1)))
