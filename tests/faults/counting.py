"""What a fault test did and what it found, with the seed that repeats it: printed, and kept for the report."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass, field
from random import Random

FULL = os.environ.get("FAULTS_FULL") == "1"
USUAL_SEED = 20_261_121
SEED = int(os.environ.get("FAULTS_SEED") or USUAL_SEED)
NUMBER = re.compile(r"test_t(\d\d)_")


@dataclass
class Fault:
    """One test's account. ``chance`` is where every choice of the test comes from."""

    code: str
    seed: int = SEED
    chance: Random = field(default_factory=lambda: Random(SEED))  # noqa: S311 - to be repeatable
    injected: Counter[str] = field(default_factory=Counter)
    counted: dict[str, float] = field(default_factory=dict)

    def inject(self, what: str, times: int = 1) -> None:
        """Note what was done to the service."""
        self.injected[what] += times

    def count(self, **figures: float) -> None:
        """Note what was found; a name that was counted before is added to."""
        for name, figure in figures.items():
            words = name.replace("_", " ")
            self.counted[words] = self.counted.get(words, 0) + figure

    def words(self) -> tuple[str, str]:
        """Return what was injected and what was counted, each as a line."""
        done = ", ".join(f"{what} {times:,}" for what, times in self.injected.items())
        return done, ", ".join(f"{what} {_figure(figure)}" for what, figure in self.counted.items())


def code_of(path: str) -> str:
    """Return T7 for a test in a file test_t07_….py; a test elsewhere has the file's name."""
    found = NUMBER.search(path)
    return f"T{int(found[1])}" if found else path.rpartition("/")[2].removesuffix(".py")


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
