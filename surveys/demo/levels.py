"""Item levels that add up to a wanted score."""

from __future__ import annotations

import random
from collections.abc import Mapping

from scoring.instrument import find_instrument
from surveys.demo.lives import Levels

# mean answer of a person without disability, and how much of it each point of the ODI takes
PROMIS = {
    "global01": (4.3, 0.035),
    "global02": (4.3, 0.027),
    "global03": (4.3, 0.037),
    "global04": (4.2, 0.021),
    "global05": (4.2, 0.023),
    "global06": (4.8, 0.045),
    "global08": (4.3, 0.034),
    "global09": (4.4, 0.033),
    "global10": (4.1, 0.021),
}
DIMENSIONS = ("mobility", "self_care", "usual_activities", "pain_discomfort", "anxiety_depression")


def spread(total: int, items: tuple[str, ...], highest: int, rng: random.Random) -> dict[str, int]:
    """Share ``total`` points over the items: evenly first, then single points wander, as people differ."""
    points = max(0, min(highest * len(items), total))
    low, rest = divmod(points, len(items))
    lucky = set(rng.sample(items, rest))
    levels = {item: low + (item in lucky) for item in items}
    for _ in items:
        giver, taker = rng.sample(items, 2)
        if levels[giver] > 0 and levels[taker] < highest:
            levels[giver], levels[taker] = levels[giver] - 1, levels[taker] + 1
    return levels


def odi_levels(percent: float, rng: random.Random) -> dict[str, int]:
    """Return ten sections whose score is ``percent``, to the nearest even number."""
    items = tuple(item.code for item in find_instrument("odi").items)
    return spread(round(percent / 2), items, 5, rng)


def functionality_levels(total: int, rng: random.Random) -> dict[str, int]:
    """Return ten activities that sum to ``total`` of 40."""
    items = tuple(item.code for item in find_instrument("functionality").items)
    return spread(total, items, 4, rng)


def eq5d_levels(odi: float, rng: random.Random) -> dict[str, int]:
    """Return a plausible EQ-5D-3L profile and VAS for an ODI of 0 to 100 %."""
    levels = {
        name: 1 + (odi > cut + rng.uniform(-8, 8)) for name, cut in zip(DIMENSIONS, (25, 45, 18, 8, 38), strict=True)
    }
    if odi > 55:
        levels["pain_discomfort"] = 3
    return {**levels, "vas": max(5, min(98, round(95 - 0.8 * odi + rng.uniform(-8, 8))))}


def promis_levels(odi: float, pain: int, rng: random.Random) -> dict[str, int]:
    """Return plausible PROMIS Global Health answers for an ODI of 0 to 100 % and an average pain of 0 to 10."""
    means = {item: best - slope * odi for item, (best, slope) in PROMIS.items()}
    levels = {item: max(1, min(5, round(mean + rng.gauss(0, 0.6)))) for item, mean in means.items()}
    return {**levels, "global07": pain}


def battery(
    *,
    odi: float,
    active: int,
    resting: int,
    rng: random.Random,
    follow_up: Mapping[str, int] | None,
) -> Levels:
    """Return answers to every instrument of the bundled protocols; ``follow_up`` adds gpe, improvement and events."""
    answers: dict[str, Mapping[str, int]] = {
        "odi": odi_levels(odi, rng),
        "nrs11": {"active": active, "resting": resting},
        "eq5d3l": eq5d_levels(odi, rng),
        "functionality": functionality_levels(round(40 - 0.36 * odi), rng),
        "promis_gh": promis_levels(odi, round((active + resting) / 2), rng),
    }
    if follow_up is not None:
        answers["gpe7"] = {"gpe": follow_up["gpe"]}
        answers["improvement"] = {"improvement": follow_up["improvement"]}
        answers["events"] = {item.code: 0 for item in find_instrument("events").items} | {
            "work_status": 1,
            "spine_operation": follow_up.get("operated", 0),
        }
    return answers
