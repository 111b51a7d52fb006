"""Scoring in memory, one core: the product's checked arrays against loops over records and bare NumPy kernels."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bench.growth import FLAT, exponent
from bench.report import Goal
from scoring.eq5d import STATES, state_index
from scoring.instrument import load_instruments
from scoring.score import score_instrument
from scoring.types import FloatArray
from scoring.value_sets import find_value_set

LOOP_ROWS = 50_000
VALUE_SET = "UK_TTO"
DIMENSIONS = 5
Records = list[list[float]]


@dataclass(frozen=True)
class Speeds:
    """Records per second: arrays, checked, at two sizes; the loop with the same checks; a NumPy kernel with none."""

    few: float
    many: float
    loop: float
    kernel: float


def odi_speeds(runs: int, few: int, many: int) -> Speeds:
    """ODI; one section is unanswered in every thirteenth record."""
    answers = _answers("odi", many, missing="walking")
    records, works = _records(answers), _works("odi", answers, few)
    return _measure(runs, [*works, (lambda: _odi_loop(records), LOOP_ROWS), (lambda: _odi_kernel(answers), many)])


def eq5d_speeds(runs: int, few: int, many: int) -> Speeds:
    """EQ-5D-3L profile and index; one dimension is unanswered in every thirteenth record."""
    answers = _answers("eq5d3l", many, missing="self_care")
    records, table = _records(answers), _index_table()
    by_state: dict[tuple[int, ...], float] = dict(zip(STATES, table.tolist(), strict=False))
    works = _works("eq5d3l", answers, few)
    loop, kernel = (lambda: _eq5d_loop(records, by_state)), (lambda: _eq5d_kernel(answers, table))
    return _measure(runs, [*works, (loop, LOOP_ROWS), (kernel, many)])


def _answers(instrument: str, rows: int, *, missing: str) -> Mapping[str, FloatArray]:
    random = np.random.default_rng(7)
    items = [item for item in load_instruments()[instrument].items if item.code != "vas"]
    drawn = {item.code: random.integers(item.minimum, item.maximum + 1, rows).astype(float) for item in items}
    drawn[missing][::13] = np.nan
    return drawn


def _records(answers: Mapping[str, FloatArray]) -> Records:
    records: Records = np.stack([levels[:LOOP_ROWS] for levels in answers.values()], axis=1).tolist()
    return records


def _works(code: str, answers: Mapping[str, FloatArray], few: int) -> list[tuple[Callable[[], object], int]]:
    """Scoring of the first ``few`` records and of all."""
    small = {item: levels[:few] for item, levels in answers.items()}
    many = len(next(iter(answers.values())))
    return [
        (lambda: score_instrument(code, small, VALUE_SET), few),
        (lambda: score_instrument(code, answers, VALUE_SET), many),
    ]


def _measure(runs: int, works: list[tuple[Callable[[], object], int]]) -> Speeds:
    """Measure in turn, so that all meet the same machine."""
    times = [[_seconds(work) for work, _rows in works] for _run in range(runs + 1)][1:]  # the first warms up
    medians = [statistics.median(each) for each in zip(*times, strict=True)]
    return Speeds(*(rows / seconds for (_work, rows), seconds in zip(works, medians, strict=True)))


def _seconds(work: Callable[[], object]) -> float:
    """CPU seconds, so that a neighbour on the core does not count."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _check(answered: list[float], lowest: int, highest: int) -> None:
    for level in answered:
        if not lowest <= level <= highest or level != int(level):
            raise ValueError(level)


def _odi_loop(records: Records) -> list[float | None]:
    scores: list[float | None] = []
    for record in records:
        answered = [level for level in record if level == level]  # noqa: PLR0124 - NaN differs from itself
        _check(answered, 0, 5)
        scores.append(100 * sum(answered) / (5 * len(answered)) if len(answered) >= 9 else None)
    return scores


def _odi_kernel(answers: Mapping[str, FloatArray]) -> FloatArray:
    """Whole arrays, as one would write it first: no check of levels, no record of how many were answered."""
    total, answered = np.zeros(1), np.zeros(1)
    for levels in answers.values():
        gaps = np.isnan(levels)
        total = total + np.where(gaps, 0, levels)
        answered = answered + ~gaps
    score: FloatArray = 100 * total / np.where(answered >= 9, 5 * answered, np.nan)
    return score


def _eq5d_loop(records: Records, by_state: Mapping[tuple[int, ...], float]) -> list[tuple[int, float] | None]:
    scores: list[tuple[int, float] | None] = []
    for record in records:
        answered = [level for level in record if level == level]  # noqa: PLR0124 - NaN differs from itself
        _check(answered, 1, 3)
        state = tuple(map(int, answered))
        whole = len(state) == DIMENSIONS
        scores.append((int("".join(map(str, state))), by_state[state]) if whole else None)
    return scores


def _index_table() -> FloatArray:
    chosen = find_value_set(VALUE_SET)
    return np.array([*(state_index(chosen, state) for state in STATES), np.nan])


def _eq5d_kernel(answers: Mapping[str, FloatArray], table: FloatArray) -> FloatArray:
    """Whole arrays: the place in the table of 243 states, no check of levels, no profile."""
    place = np.zeros(1)
    for levels in answers.values():
        place = 3 * place + (levels - 1)
    index: FloatArray = table[np.where(np.isnan(place), len(STATES), place).astype(np.intp)]
    return index


def speed_goals(name: str, speeds: Speeds, few: int, many: int) -> tuple[Goal, ...]:
    """EQ-5D at 28 million is 4,000 times the R package eq5d, which does 7,000 records/s."""
    steps = exponent(few / speeds.few, many / speeds.many, many / few)
    return (
        Goal(f"{name}, million records/s", speeds.many / 1e6, 30 if name == "ODI" else 28),
        Goal(f"{name} / Python loop, both checked", speeds.many / speeds.loop, 100),
        Goal(f"{name}, checked / NumPy, unchecked", speeds.many / speeds.kernel, 0.5),
        Goal(f"{name}: growth with records, exponent", steps, 1 + FLAT, more=False),
    )
