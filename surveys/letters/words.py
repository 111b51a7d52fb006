"""The texts of one language, read once, and what is said with them of days and timepoints."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from surveys.protocols.model import Timepoint

FOLDER = Path(__file__).parents[2] / "templates" / "email"
SCREENS_PER_MINUTE = 6


@cache
def words(language: str) -> dict[str, Any]:
    """Return every text of a language."""
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def kind_of(step: str) -> str:
    """Return which texts a step has: those of an invitation, a reminder, or the last one."""
    return {"invitation": "invitation", "reminder_3": "last"}.get(step, "reminder")


def timepoint_words(timepoint: Timepoint | None, said: dict[str, str]) -> str:
    """Return such as ``3-month``; full years by the year."""
    if timepoint is None:
        return said["other"]
    if timepoint.weeks:
        return said["weeks"].format(n=timepoint.weeks)
    if not timepoint.months:
        return said["baseline"]
    if timepoint.months % 12 == 0 and timepoint.months > 12:
        return said["years"].format(n=timepoint.months // 12)
    form = "month" if timepoint.months == 1 and "month" in said else "months"
    return said[form].format(n=timepoint.months)


@lru_cache(maxsize=1024)
def day_words(day: date, language: str) -> str:
    """Return a day as the language writes it, the month in letters."""
    said = words(language)
    return str(said["date"].format(day=day.day, month=said["months"][day.month - 1], year=day.year))


def minutes(timepoints: Sequence[Timepoint | None]) -> int:
    """Return how long the questionnaires take together, at least 2; an unscheduled one is taken to be short."""
    screens = sum(each.screens if each else SCREENS_PER_MINUTE for each in timepoints)
    return max(2, math.ceil(screens / SCREENS_PER_MINUTE))
