"""ODI scoring in memory: arrays against loops over records."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from scoring.instrument import load_instruments
from scoring.score import score_instrument
from scoring.types import FloatArray

LOOP_ROWS = 50_000
Records = list[list[float]]


@dataclass(frozen=True)
class Speeds:
    """Records per second: the product's arrays, validation included, at two sizes; loops with and without it."""

    few: float
    many: float
    checking_loop: float
    bare_loop: float


def odi_speeds(runs: int, few: int, many: int) -> Speeds:
    """Measure in turn, so that all meet the same machine; ``few`` and ``many``: records."""
    answers = _answers(many)
    small = {code: levels[:few] for code, levels in answers.items()}
    records = np.stack([levels[:LOOP_ROWS] for levels in answers.values()], axis=1).tolist()
    works: tuple[tuple[Callable[[], object], int], ...] = (
        (lambda: score_instrument("odi", small), few),
        (lambda: score_instrument("odi", answers), many),
        (lambda: _checking_loop(records), LOOP_ROWS),
        (lambda: _bare_loop(records), LOOP_ROWS),
    )
    times = [[_seconds(work) for work, _rows in works] for _run in range(runs + 1)][1:]  # the first warms up
    medians = [statistics.median(each) for each in zip(*times, strict=True)]
    return Speeds(*(rows / seconds for (_work, rows), seconds in zip(works, medians, strict=True)))


def _answers(rows: int) -> Mapping[str, FloatArray]:
    """Drawn levels; one item is unanswered in every thirteenth record."""
    drawn = np.random.default_rng(7).integers(0, 6, (10, rows)).astype(float)
    drawn[3, ::13] = np.nan
    return {item.code: drawn[place] for place, item in enumerate(load_instruments()["odi"].items)}


def _seconds(work: Callable[[], object]) -> float:
    """CPU seconds, so that a neighbour on the core does not count."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _checking_loop(records: Records) -> list[float | None]:
    scores: list[float | None] = []
    for record in records:
        answered = [level for level in record if level == level]  # noqa: PLR0124 - NaN differs from itself
        for level in answered:
            if not 0 <= level <= 5 or level != int(level):
                raise ValueError(level)
        scores.append(100 * sum(answered) / (5 * len(answered)) if len(answered) >= 9 else None)
    return scores


def _bare_loop(records: Records) -> list[float | None]:
    scores: list[float | None] = []
    for record in records:
        answered = [level for level in record if level == level]  # noqa: PLR0124 - NaN differs from itself
        scores.append(100 * sum(answered) / (5 * len(answered)) if len(answered) >= 9 else None)
    return scores
