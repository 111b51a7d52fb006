"""All seven levels of the global perceived effect, by arm and timepoint."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from scoring.instrument import find_scale
from scoring.proportions import wilson
from scoring.types import BoolArray, FloatArray
from surveys.i18n import gettext as _
from surveys.outcomes.charts.marks import Stack
from surveys.outcomes.charts.stacked import stacked_chart
from surveys.outcomes.common_columns import ends, of_place
from surveys.outcomes.counts import count
from surveys.outcomes.drawing import Chart
from surveys.outcomes.figure import Figure, Group
from surveys.outcomes.figures.parts import arrays_hash, headings, joined, printed
from surveys.outcomes.level_words import GPE, level_words
from surveys.outcomes.look import Look, asks
from surveys.outcomes.table import Cell, Column
from surveys.outcomes.words import percent

SUCCESS = 2  # the best levels that count as success


@dataclass(frozen=True, slots=True)
class Levels:
    """One arm at one timepoint: ``counts`` per level, the best first, of ``expected`` whose window is over."""

    timepoint: str
    arm: str
    counts: tuple[int, ...]
    expected: int

    @property
    def n(self) -> int:
        """Who answered."""
        return sum(self.counts)

    @property
    def successes(self) -> int:
        """Completely recovered or much improved."""
        return sum(self.counts[:SUCCESS])


def levels_figure(look: Look) -> Figure:
    """Everyone's level, the missing beside them."""
    rows = levels_of(look)
    data_hash = joined([arrays_hash(look.cohort, look.cohort.shown(), values) for values in _answers(look).values()])
    return Figure(
        code="perceived-levels",
        title=_("Global perceived effect: all seven levels"),
        description=_("Shares of the levels by arm and timepoint; the values are in the table."),
        rule=_("Of those who answered in the window, from the best level to the worst."),
        table=printed(_columns(), _cells(look, rows), look, data_hash),
        as_of=look.cohort.now,
        data_hash=data_hash,
        chart=partial(_draw, _stacks(look, rows), headings(look.cohort)) if rows else None,
        groups=tuple(group for row in rows for group in _behind(look, row)),
        why_not="" if rows else _("Nobody was asked for the global perceived effect, or nobody has answered yet."),
    )


def levels_of(look: Look) -> list[Levels]:
    """A row per timepoint and arm at which anybody answered."""
    answers = _answers(look)
    found = [_counted(look, code, arm, values) for code, values in answers.items() for arm in look.arms]
    return [row for row in found if row.n]


def _answers(look: Look) -> dict[str, FloatArray]:
    asked = [point.code for point in look.planned if asks(point, GPE)]
    return {code: look.cohort.reading(code, (GPE, None)).value for code in asked}


def _counted(look: Look, timepoint: str, arm: str, values: FloatArray) -> Levels:
    scale, own = find_scale(GPE), values[look.cohort.in_arm(arm)]
    steps = range(int(scale.minimum), int(scale.maximum) + 1)
    counts = tuple(int(np.count_nonzero(own == step)) for step in steps)
    due = count(look.cohort, arm, timepoint, look.cohort.reading(timepoint, (GPE, None)))
    return Levels(timepoint, arm, counts, due.expected)


def _stacks(look: Look, rows: list[Levels]) -> list[Stack]:
    return [Stack(row.timepoint, row.counts, _words(look.protocol.arm(row.arm).label, row)) for row in rows]


def _words(arm: str, row: Levels) -> tuple[str, str]:
    short = f"{arm}: {row.successes}/{row.n}, {percent(row.successes / row.n)}"
    return _("%(rate)s much improved or better", rate=short), short


def _draw(stacks: list[Stack], heads: dict[str, str], width: int) -> Chart:
    return stacked_chart(stacks, heads, level_words(), [_("Share of those who answered")], width=width)


def _behind(look: Look, row: Levels) -> list[Group]:
    values, own = look.cohort.reading(row.timepoint, (GPE, None)).value, look.cohort.in_arm(row.arm)
    place = f"{headings(look.cohort)[row.timepoint]}, {look.protocol.arm(row.arm).label}"
    return [
        Group(f"{row.timepoint}-{row.arm}-{level}", f"{place}, {words}", look.cohort, _at_level(own, values, level))
        for level, words in enumerate(level_words(), start=1)
        if row.counts[level - 1]
    ]


def _at_level(own: BoolArray, values: FloatArray, level: int) -> BoolArray:
    there: BoolArray = own & (values == level)
    return there


def _columns() -> tuple[Column, ...]:
    return (
        *of_place(),
        Column("level", _("Level")),
        Column("level_words", _("Level in words")),
        Column("patients", _("Patients")),
        Column("answered", _("of those who answered")),
        Column("share", _("Share"), percent=True),
        *ends(percent=True),
        Column("expected", _("Expected")),
    )


def _cells(look: Look, rows: list[Levels]) -> list[tuple[Cell, ...]]:
    heads = headings(look.cohort)
    named = [(row.timepoint, heads[row.timepoint], row.arm, look.protocol.arm(row.arm).label) for row in rows]
    return [(*name, *cells) for name, row in zip(named, rows, strict=True) for cells in _of_levels(row)]


def _of_levels(row: Levels) -> list[tuple[Cell, ...]]:
    leveled = enumerate(zip(level_words(), row.counts, strict=True), start=1)
    return [
        (level, words, k, row.n, k / row.n, *(wilson(k, row.n) or (None, None)), row.expected)
        for level, (words, k) in leveled
    ]
