"""The replica study: 80 synthetic patients whose answers make the dashboard show a published trial's figures.

Source of the figures: Atluri et al., Pain Physician 2022;25:193-207 (bone marrow concentrate 40, conventional 40).
ODI responders (10 points) at 12 months 26/39 and 3/39; pain responders 29/39, 25/38 and 22/39 at 3, 6 and 12 months;
mean ODI 46.1, 33.4, 28.8, 29.9 and 44.3, 45.9, 47.3, 48.9 at 0, 1, 3 and 6 months. How single patients add up to
them is ours: one of each arm is lost after month 1, one of the treated arm misses month 6 only. What was not published
(mean ODI at 12 months, pain at 1 month and in the conventional arm; diagnoses, doses and clinicians) is ours as well.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

from surveys.demo.courses import SIZE, ArmPlan, odi_table, pain_table
from surveys.demo.findings import findings
from surveys.demo.levels import battery
from surveys.demo.lives import Life, Reply

# each sum is the even number nearest to the published mean times those who answer (ODI moves in steps of 2)
ARMS = (
    ArmPlan(
        "bmc",
        "bone_marrow_concentrate",
        {"baseline": 1844, "m1": 1336, "m3": 1124, "m6": 1136},
        26,
        {"m1": 20, "m3": 29, "m6": 25, "m12": 22},
        gain=(24, 3),
        lost=22,
        misses_m6=30,
    ),
    ArmPlan(
        "conventional",
        "conventional",
        {"baseline": 1772, "m1": 1836, "m3": 1844, "m6": 1908},
        3,
        {"m1": 4, "m3": 3, "m6": 3, "m12": 2},
        gain=(16, -5),
        lost=11,
    ),
)


def lives(begin: date) -> Iterator[Life]:
    """Yield the 80 patients, enrolled one a day from ``begin``; the same every time."""
    for number, plan in enumerate(ARMS):
        rng = random.Random(f"replica {plan.arm}")  # noqa: S311 - not for secrets
        odi = odi_table(plan, rng)
        pain = pain_table(plan, odi, rng)
        for patient in range(SIZE):
            enrolled = begin + timedelta(days=2 * patient + number)
            chart_number = f"R-{plan.arm[:3].upper()}-{patient + 1:03d}"
            found = findings(chart_number, "degeneration", [plan.product])
            yield Life(
                chart_number=chart_number,
                arm=plan.arm,
                pain_generator="degeneration",
                enrolled_on=enrolled,
                treatments=((enrolled + timedelta(days=10), plan.product),),
                replies={
                    code: _reply(code, odi[code][patient], pain[code][patient], rng) for code in plan.answered(patient)
                },
                age=rng.randint(30, 70),
                sex=rng.choice(("female", "male")),
                bmi=round(rng.uniform(21, 36), 1),
                opioid_use=rng.random() < 0.4,
                smoking=rng.random() < 0.2,
                diagnosis=found.diagnosis,
                doses=found.doses,
                clinician=found.clinician,
            )


def _reply(code: str, odi: int, active: int, rng: random.Random) -> Reply:
    resting = max(0, active - rng.choice((1, 2, 2, 3)))
    follow_up = None if code == "baseline" else {"gpe": 4, "improvement": 0}  # the trial does not ask these two
    levels = battery(odi=odi, active=active, resting=resting, rng=rng, follow_up=follow_up)
    return Reply(levels, days_after_opening=rng.choice((0, 0, 1, 1, 2, 3, 4, 5, 7, 9)))
