"""The replica study: 80 synthetic patients whose answers make the dashboard show a published trial's figures.

Source of the figures: Atluri et al., Pain Physician 2022;25:193-207 (bone marrow concentrate 40, conventional 40).
ODI responders (10 points) at 12 months 26/39 and 3/39; pain responders 29/39, 25/38 and 22/39 at 3, 6 and 12 months;
mean ODI 46.1, 33.4, 28.8, 29.9 and 44.3, 45.9, 47.3, 48.9 at 0, 1, 3 and 6 months. How single patients add up to
them is ours: one of each arm is lost after month 1, one of the treated arm misses month 6 only.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from surveys.demo.levels import battery
from surveys.demo.lives import Life, Reply

SIZE = 40
LOST = 39  # the last patient of each arm answers up to month 1
MISSES_M6 = 38
MONTHS = ("baseline", "m1", "m3", "m6", "m12")


@dataclass(frozen=True)
class ArmPlan:
    """One arm: sum of the ODI per timepoint over those who answer, responders by ODI at m12 and by pain."""

    arm: str
    product: str
    odi_sums: Mapping[str, int]
    odi_responders_m12: int
    pain_responders: Mapping[str, int]
    misses_m6: bool


# each sum is the even number nearest to the published mean times those who answer (ODI moves in steps of 2)
ARMS = (
    ArmPlan(
        "bmc",
        "bone_marrow_concentrate",
        {"baseline": 1844, "m1": 1336, "m3": 1124, "m6": 1136},
        26,
        {"m1": 20, "m3": 29, "m6": 25, "m12": 22},
        misses_m6=True,
    ),
    ArmPlan(
        "conventional",
        "conventional",
        {"baseline": 1772, "m1": 1836, "m3": 1844, "m6": 1908},
        3,
        {"m1": 2, "m3": 2, "m6": 2, "m12": 2},
        misses_m6=False,
    ),
)


def lives(begin: date) -> Iterator[Life]:
    """Yield the 80 patients, enrolled one a day from ``begin``; the same every time."""
    for number, plan in enumerate(ARMS):
        rng = random.Random(f"replica {plan.arm}")  # noqa: S311 - not for secrets
        odi = _odi_table(plan)
        for patient in range(SIZE):
            enrolled = begin + timedelta(days=2 * patient + number)
            yield Life(
                chart_number=f"R-{plan.arm[:3].upper()}-{patient + 1:03d}",
                arm=plan.arm,
                pain_generator="degeneration",
                enrolled_on=enrolled,
                treatments=((enrolled + timedelta(days=10), plan.product),),
                replies={
                    code: _reply(plan, patient, code, odi[code][patient], rng) for code in _answered(plan, patient)
                },
                age=rng.randint(30, 70),
                sex=rng.choice(("female", "male")),
                bmi=round(rng.uniform(21, 36), 1),
                opioid_use=rng.random() < 0.4,
                smoking=rng.random() < 0.2,
            )


def _answered(plan: ArmPlan, patient: int) -> tuple[str, ...]:
    if patient == LOST:
        return MONTHS[:2]
    if patient == MISSES_M6 and plan.misses_m6:
        return ("baseline", "m1", "m3", "m12")
    return MONTHS


def _odi_table(plan: ArmPlan) -> dict[str, list[int]]:
    """Return the ODI of every patient per timepoint; those who do not answer have a value nobody reads."""
    table = {code: _with_sum(total, _those(plan, code)) for code, total in plan.odi_sums.items()}
    base = table["baseline"]
    # 12 months has no published mean: responders gain 20 points, the others 4
    table["m12"] = [value - (20 if patient < plan.odi_responders_m12 else 4) for patient, value in enumerate(base)]
    return table


def _those(plan: ArmPlan, code: str) -> list[int]:
    return [patient for patient in range(SIZE) if code in _answered(plan, patient)]


def _with_sum(total: int, those: list[int]) -> list[int]:
    """Return even ODI values whose sum over ``those`` is ``total``, varied around the mean."""
    mean = 2 * (total // (2 * len(those)))
    values = [mean + 2 * (patient * 7 % 9 - 4) for patient in range(SIZE)]
    for step in range((total - sum(values[patient] for patient in those)) // 2):
        values[those[step % len(those)]] += 2
    for step in range((sum(values[patient] for patient in those) - total) // 2):
        values[those[step % len(those)]] -= 2
    return values


def _reply(plan: ArmPlan, patient: int, code: str, odi: int, rng: random.Random) -> Reply:
    """Pain: 7 at baseline; responders fall by 3, the others by 1 at most, so that both operators agree."""
    if code == "baseline":
        return Reply(battery(odi=odi, active=7, resting=5, rng=rng, follow_up=None))
    better = patient < plan.pain_responders[code]
    follow_up = {"gpe": 2 if better else 4, "improvement": 60 if better else 10}
    active = 4 if better else 6 + patient % 2
    return Reply(
        battery(odi=odi, active=active, resting=active - 2, rng=rng, follow_up=follow_up), days_after_opening=3
    )
