"""One line of the doctor's report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

LEVELS = ("ok", "warn", "bad")  # their positions are the exit statuses


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, and what mends it; ``remedy`` is empty where all is well."""

    name: str
    level: str
    words: str
    remedy: str = ""


Check = Callable[[], Iterator[Finding]]


def ok(name: str, words: str) -> Finding:
    """All is well."""
    return Finding(name, "ok", words)


def warn(name: str, words: str, remedy: str) -> Finding:
    """It works, and should be looked at."""
    return Finding(name, "warn", words, remedy)


def bad(name: str, words: str, remedy: str) -> Finding:
    """It does not work, or is not safe."""
    return Finding(name, "bad", words, remedy)


def worst(findings: Sequence[Finding]) -> int:
    """Return the exit status: 0 all well, 1 a warning, 2 something bad."""
    return max((LEVELS.index(finding.level) for finding in findings), default=0)


def graded(name: str, words: str, value: float, limits: tuple[float, float], remedy: str) -> Finding:
    """Grade a value that should be small by two limits, the first a warning, the second bad."""
    level = LEVELS[sum(value > limit for limit in limits)]
    return Finding(name, level, words, "" if level == "ok" else remedy)
