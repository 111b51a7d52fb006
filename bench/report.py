"""The tables that ``make bench`` prints."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.measure import Run

Row = Sequence[str]


@dataclass(frozen=True)
class Goal:
    """A ratio or figure, what it should be, and whether more is better."""

    what: str
    value: float
    goal: float
    more: bool = True
    unit: str = ""

    @property
    def row(self) -> Row:
        """The goal as a line of the table."""
        met = self.value >= self.goal if self.more else self.value <= self.goal
        sign = "≥" if self.more else "≤"
        return (self.what, f"{self.value:,.2f}{self.unit}", f"{sign} {self.goal:g}{self.unit}", "yes" if met else "NO")


def figures(measured: Mapping[str, Run]) -> list[Row]:
    """One line per program."""
    return [
        (name, f"{run.rate:,.0f}", f"{run.p50:.1f}", f"{run.p95:.1f}", f"{run.p99:.1f}", f"{run.cpu:,.0f}")
        for name, run in measured.items()
    ]


def print_table(heads: Row, rows: Sequence[Row]) -> None:
    """Print with the first column to the left and the others to the right."""
    widths = [max(len(row[place]) for row in (heads, *rows)) for place in range(len(heads))]
    rule = tuple("-" * width for width in widths)
    for first, *others in (heads, rule, *rows):
        cells = [text.rjust(width) for text, width in zip(others, widths[1:], strict=True)]
        print("  ".join([first.ljust(widths[0]), *cells]))
    print(flush=True)


def load_sentence(before: float) -> str:
    """Say how busy the machine was before the run began: other work lowers every absolute figure."""
    cores = os.cpu_count() or 1
    return f"{cores} cores, load average {before:.1f} before the run; the load client shares the cores."
