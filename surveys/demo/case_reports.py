"""Two published case reports, each value at its own visit; what was not reported is missing.

Source: Darrow et al. 2018 (resting and active pain, functionality of 40, stated improvement). Case 1: 1, 5, 33 at the
start, 90 % improvement at two weeks, 0, 0, 39 about a year later. Case 2: 3, 6, 17 at the start, four treatments
within 146 days, 75 % improvement at the short-term visit, then 0, 2, 34 and 90 % about one and a half years later.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from surveys.demo.lives import Levels, Life, Reply

PRODUCT = "bone_marrow_concentrate"
SECOND_CASE_DAYS = (0, 48, 97, 146)  # four treatments; only the span is published


def lives(begin: date) -> Iterator[Life]:
    """Yield the two patients; the published ages and sexes are not repeated here."""
    yield Life(
        chart_number="CASE-1",
        arm="treated",
        pain_generator="degeneration",
        enrolled_on=begin,
        treatments=((begin + timedelta(days=7), PRODUCT),),
        replies={
            "baseline": _scores(1, 5, 33),
            "w2": _improvement(90),
            "m12": _scores(0, 0, 39),
        },
        age=50,
        sex="other",
    )
    yield Life(
        chart_number="CASE-2",
        arm="treated",
        pain_generator="degeneration",
        enrolled_on=begin,
        treatments=tuple((begin + timedelta(days=7 + day), PRODUCT) for day in SECOND_CASE_DAYS),
        replies={
            "baseline": _scores(3, 6, 17),
            "w2": _improvement(75),
            "m18": _scores(0, 2, 34, improvement=90),
        },
        age=50,
        sex="other",
    )


def _scores(resting: int, active: int, total: int, improvement: int | None = None) -> Reply:
    levels: dict[str, dict[str, int]] = {
        "nrs11": {"resting": resting, "active": active},
        "functionality_total": {"total": total},
    }
    if improvement is not None:
        levels["improvement"] = {"improvement": improvement}
    return Reply(levels, mode="interview")


def _improvement(percent: int) -> Reply:
    levels: Levels = {"improvement": {"improvement": percent}}
    return Reply(levels, mode="interview")
