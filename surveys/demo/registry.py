"""A registry of synthetic patients over two years, with drop-outs, repeats, late answers and operations."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from surveys.demo.findings import findings, wish
from surveys.demo.harms import harms
from surveys.demo.levels import battery
from surveys.demo.lives import Life, Reply
from surveys.demo.opioids import opioids_taken
from surveys.models.episode import PAIN_GENERATORS

COURSE = {"w2": 0.4, "m1": 0.6, "m3": 0.85, "m6": 1.0, "m12": 1.0, "y2": 0.9}  # share of the final gain
PRODUCTS = ("bone_marrow_concentrate", "prp", "platelet_lysate")
DAYS = 730


def lives(begin: date, count: int, seed: str) -> Iterator[Life]:
    """Yield ``count`` patients enrolled over two years from ``begin``; the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    for number in range(count):
        yield _life(f"D-{number + 1:04d}", begin + timedelta(days=number * DAYS // count), rng)


def _life(chart_number: str, enrolled: date, rng: random.Random) -> Life:
    treated = rng.random() < 0.6
    first = enrolled + timedelta(days=rng.randint(3, 21))
    repeat = treated and rng.random() < 0.15
    operation = first + timedelta(days=rng.randint(60, 500)) if rng.random() < 0.06 else None
    product = rng.choice(PRODUCTS) if treated else "conventional"
    dates = [first, first + timedelta(days=rng.randint(60, 150))] if repeat else [first]
    life = Life(
        chart_number=chart_number,
        arm="treated" if treated else "conventional",
        pain_generator=rng.choice(PAIN_GENERATORS),
        enrolled_on=enrolled,
        treatments=tuple((day, product) for day in dates),
        replies=_replies(treated=treated, operated=operation is not None, rng=rng),
        age=rng.randint(28, 82),
        sex=rng.choice(("female", "male")),
        bmi=round(rng.uniform(20, 38), 1),
        opioid_use=rng.random() < 0.25,
        smoking=rng.random() < 0.2,
        language=rng.choice(("en", "en", "en", "es")),
        ending=_ending(first, rng),
        operation_on=operation,
    )
    return _with_findings(life)


def _with_findings(life: Life) -> Life:
    """Add what the clinic found and gave, and every fifth patient's goal, without touching what else is drawn."""
    products, gain = [product for _day, product in life.treatments], _gain(life)
    found = findings(life.chart_number, life.pain_generator, products, gain=gain)
    first = life.treatments[0][0]
    goal = wish(life.chart_number, first, gain) if int(life.chart_number[2:]) % 5 == 0 else None
    taken = opioids_taken(life.chart_number, life.enrolled_on, first, takes=bool(life.opioid_use), gain=gain)
    life = replace(life, diagnosis=found.diagnosis, doses=found.doses, clinician=found.clinician)
    harmed = harms(life.chart_number, [day for day, _product in life.treatments], treated=life.arm == "treated")
    return replace(life, goal=goal, opioids=taken, harms=harmed)


def _gain(life: Life) -> float:
    """Points of the ODI from the baseline to the last answer; 0 where one of them is missing."""
    sums = {code: 2 * sum(reply.levels["odi"].values()) for code, reply in life.replies.items() if code != "w2"}
    start = sums.pop("baseline", None)
    return start - list(sums.values())[-1] if start is not None and sums else 0


def _ending(first: date, rng: random.Random) -> tuple[str, date] | None:
    day = first + timedelta(days=rng.randint(20, 400))
    draw = rng.random()
    for share, kind in ((0.04, "follow_up_stopped"), (0.07, "lost"), (0.08, "consent_withdrawn"), (0.085, "died")):
        if draw < share:
            return kind, day
    return None


def _replies(*, treated: bool, operated: bool, rng: random.Random) -> dict[str, Reply]:
    start = max(14.0, min(80.0, rng.gauss(44, 13)))
    helped = rng.random() < (0.62 if treated else 0.3)
    gain = rng.gauss(20, 8) if helped else rng.gauss(2, 6)
    pain = max(2, min(10, round(start / 8 + rng.gauss(1, 1))))
    replies: dict[str, Reply] = {}
    if rng.random() < 0.96:
        replies["baseline"] = Reply(battery(odi=start, active=pain, resting=max(0, pain - 2), rng=rng, follow_up=None))
    for code, share in COURSE.items():
        if rng.random() < 0.17:
            continue  # missed; the next may be answered again
        odi = max(0.0, min(90.0, start - gain * share + rng.gauss(0, 4)))
        replies[code] = _follow_up(odi, start, pain, operated=operated, rng=rng)
    return replies


def _follow_up(odi: float, start: float, pain: int, *, operated: bool, rng: random.Random) -> Reply:
    share = (start - odi) / start
    active = max(0, min(10, round(pain * (1 - share) + rng.gauss(0, 0.7))))
    gpe = next(
        level for level, floor in ((1, 0.7), (2, 0.4), (3, 0.15), (4, -0.1), (5, -0.3), (6, -9)) if share >= floor
    )
    follow_up = {"gpe": gpe, "improvement": max(-100, min(100, 5 * round(20 * share))), "operated": int(operated)}
    levels = battery(odi=odi, active=active, resting=max(0, active - 2), rng=rng, follow_up=follow_up)
    late = rng.random() < 0.04
    return Reply(
        levels,
        days_after_opening=200 if late else rng.randint(0, 12),
        send=rng.random() > 0.05,
        mode="paper" if late else rng.choice(("self", "self", "self", "self_with_help")),
    )
