"""The last 30 days of messages as a small drawing: a column for each day, stacked by what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT, GAP = 720, 150, 4  # of the drawing, in its own units
STACKED = (  # from the ground up
    ("sent", ("sent",)),
    ("waiting", ("planned", "claimed", "sending", "held")),
    ("cancelled", ("cancelled",)),
    ("expired", ("expired",)),
    ("unknown", ("unknown",)),
    ("refused", ("refused",)),
)


@dataclass(frozen=True)
class Block:
    """A piece of a column; ``kind`` names its colour."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Chart:
    """The drawing, and the rows that the table below it prints: the same numbers."""

    blocks: Sequence[Block]
    rows: Sequence[tuple[date, Mapping[str, int]]]
    highest: int
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def kinds(self) -> list[str]:
        """The kinds that occur, from the ground up."""
        return [kind for kind, _states in STACKED if any(row[kind] for _day, row in self.rows)]

    def total(self, kind: str) -> int:
        """All of a kind in the 30 days."""
        return sum(row[kind] for _day, row in self.rows)


def chart_of(days: Sequence[tuple[date, Mapping[str, int]]]) -> Chart:
    """Draw counts by state per day, the oldest day at the left."""
    rows = [(day, {kind: sum(counts[state] for state in states) for kind, states in STACKED}) for day, counts in days]
    highest = max((sum(row.values()) for _day, row in rows), default=0)
    step = WIDTH / max(1, len(rows))
    blocks = [block for at, (_day, row) in enumerate(rows) for block in _column(row, at * step, step - GAP, highest)]
    return Chart(blocks, rows, highest)


def _column(row: Mapping[str, int], x: float, width: float, highest: int) -> list[Block]:
    blocks, ground = [], float(HEIGHT)
    for kind, _states in STACKED:
        if number := row[kind]:
            height = number / highest * HEIGHT
            ground -= height
            blocks.append(Block(kind, round(x, 2), round(ground, 2), round(width, 2), round(height, 2)))
    return blocks
