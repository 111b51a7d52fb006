"""The texts of one language, read once, and what is said with them of days and timepoints."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from surveys.protocols.model import Timepoint

FOLDER = Path(__file__).parents[2] / "templates" / "email"
KINDS = {"invitation": "invitation", "reminder_3": "last"}  # by step; any other is a reminder


@cache
def words(language: str) -> dict[str, Any]:
    """Return every text of a language."""
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def kind_of(*steps: str) -> str:
    """Return which texts a step has: those of an invitation, a reminder, or the last one.

    Of several the earliest: nobody is reminded of what is new, or told the last of what will be written about again.
    """
    kinds = {KINDS.get(step, "reminder") for step in steps}
    return next(kind for kind in ("invitation", "reminder", "last") if kind in kinds)


def timepoint_words(timepoint: Timepoint | None, said: dict[str, str]) -> str:
    """Return such as ``3-month``; full years by the year."""
    if timepoint is None:
        return said["other"]
    if timepoint.weeks:
        return _counted("week", timepoint.weeks, said)
    if not timepoint.months:
        return said["baseline"]
    if timepoint.months % 12 == 0 and timepoint.months > 12:
        return said["years"].format(n=timepoint.months // 12)
    return _counted("month", timepoint.months, said)


def _counted(unit: str, number: int, said: dict[str, str]) -> str:
    """Of one, as the language says it, where that is not as of many."""
    form = unit if number == 1 and unit in said else f"{unit}s"
    return said[form].format(n=number)


@lru_cache(maxsize=1024)
def day_words(day: date, language: str) -> str:
    """Return a day as the language writes it, the month in letters."""
    said = words(language)
    return str(said["date"].format(day=day.day, month=said["months"][day.month - 1], year=day.year))
