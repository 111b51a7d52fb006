"""Tallies that are kept while their patients change: what was told of a changed patient goes out, the new comes in."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np

from scoring.types import IntArray
from surveys.outcomes.columns.frame import Frame, no_visits
from surveys.outcomes.columns.masks import chosen
from surveys.outcomes.columns.merging import Step, new_cells
from surveys.outcomes.columns.picking import Picked
from surveys.outcomes.columns.tally import (
    Ask,
    Name,
    Tally,
    changed,
    count,
    renumbered,
    renumbered_rows,
    rows_of,
    sources,
)
from surveys.outcomes.columns.wire import NEVER
from surveys.outcomes.filters import Filters

MOST = 120  # tallies of one protocol: those of five or six choices of patients
Place = tuple[Filters, Name]


@dataclass(frozen=True, slots=True)
class Kept:
    """A tally as it stood at ``now``; as long as nothing else changes it stands so until ``until``."""

    tally: Tally
    ask: Ask
    until: int


class Tallies:
    """The tallies of one frame, the least used dropped first. Not for two threads at once."""

    def __init__(self, baseline: str) -> None:
        """``baseline``: the timepoint that change is counted from."""
        self._baseline = baseline
        self._kept: OrderedDict[Place, Kept] = OrderedDict()
        self._some: Picked | None = None

    def get(self, some: Picked, filters: Filters, name: Name, now: int) -> Tally:
        """The tally of ``some``, who are the chosen, as of a moment."""
        choice = by_whom(filters)
        kept = self._kept.get((choice, name))
        if kept is None or now < kept.ask.now:
            ask = Ask(self._baseline, name, filters.mode, now)
            some = self._same(some)
            kept = Kept(count(some, ask), ask, some.until(name[0], now))
        elif now >= kept.until:
            kept = _later(kept, some, choice, now)
        self._kept[choice, name] = kept
        self._kept.move_to_end((choice, name))
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return kept.tally

    def _same(self, some: Picked) -> Picked:
        """Those counted last with what was picked of them, if they are the same; of others nothing is held."""
        if self._some is None or self._some.frame is not some.frame or self._some.at is not some.at:
            self._some = Picked(some.frame, some.at)
        return self._some

    def carry(self, old: Frame, step: Step) -> None:
        """Bring every tally to the next frame."""
        self._some = None
        if step.moved:
            self._kept.clear()
        whom: dict[Filters, tuple[IntArray, IntArray]] = {}
        for (choice, name), kept in list(self._kept.items()):
            if choice not in whom:
                whom[choice] = _touched(old, step, choice)
            self._kept[choice, name] = _stepped(kept, old, step, *whom[choice])


def by_whom(filters: Filters) -> Filters:
    """The choice without what chooses among figures and not among patients."""
    return replace(filters, timepoint=None, fewest=0)


def _later(kept: Kept, some: Picked, choice: Filters, now: int) -> Kept:
    """The same patients once more windows have closed."""
    frame = some.frame
    closes = frame.visits[kept.ask.name[0]].closes
    over = chosen(frame, choice, np.flatnonzero((closes > kept.ask.now) & (closes <= now)))
    assert over is not None  # noqa: S101 - of some places some are chosen
    ask = replace(kept.ask, now=now)
    tally = changed(kept.tally, rows_of(frame, kept.ask, over), rows_of(frame, ask, over))
    return Kept(tally, ask, some.until(ask.name[0], now))


def _touched(old: Frame, step: Step, choice: Filters) -> tuple[IntArray, IntArray]:
    """The places of the chosen among those whose elements may differ, as they were and as they are."""
    before = chosen(old, choice, step.touched[step.touched < len(old)])
    after = chosen(step.frame, choice, step.touched)
    assert before is not None  # noqa: S101 - of some places some are chosen
    assert after is not None  # noqa: S101
    return before, after


def _stepped(kept: Kept, old: Frame, step: Step, before: IntArray, after: IntArray) -> Kept:
    if _is_untouched(old, step.frame, kept.ask) and np.array_equal(before, after):
        return kept
    tally, out = kept.tally, rows_of(old, kept.ask, before)
    if (cells := _new_numbers(old, step.frame, kept.ask.name)) is not None:
        tally, out = renumbered(tally, cells), renumbered_rows(out, cells)
    tally = changed(tally, out, rows_of(step.frame, kept.ask, after))
    closes = (step.frame.visits.get(kept.ask.name[0]) or no_visits(len(step.frame))).closes[step.touched]
    until = int(np.min(closes, where=closes > kept.ask.now, initial=NEVER))
    return Kept(tally, kept.ask, min(kept.until, until))


def _is_untouched(old: Frame, new: Frame, ask: Ask) -> bool:
    """Whether nothing is told of anybody that was not told before: columns without a difference are shared."""
    return all(was is column for was, column in zip(sources(old, ask), sources(new, ask), strict=True))


def _new_numbers(old: Frame, new: Frame, name: Name) -> IntArray | None:
    """What the cells of a scale have become; None where they are as they were."""
    was, levels = (frame.levels.get(name[1], np.empty(0)) if name[1] else None for frame in (old, new))
    return None if was is None or levels is None or np.array_equal(was, levels) else new_cells(was, levels)
