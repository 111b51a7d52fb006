"""ODI scoring in memory: arrays against a loop over records."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from scoring.instrument import load_instruments
from scoring.score import score_instrument

ROWS = 1_000_000
LOOP_ROWS = 50_000


def _loop(records: list[list[float]]) -> list[float | None]:
    scores: list[float | None] = []
    for record in records:
        answered = [level for level in record if level == level]  # noqa: PLR0124 - NaN differs from itself
        scores.append(100 * sum(answered) / (5 * len(answered)) if len(answered) >= 9 else None)
    return scores


def _rate(work: Callable[[], object], rows: int, runs: int) -> float:
    times = []
    for _run in range(runs):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return rows / statistics.median(times)


def odi_rates(runs: int) -> tuple[float, float]:
    """Return rows per second of the product, validation included, and of the loop, without it."""
    drawn = np.random.default_rng(7).integers(0, 6, (ROWS, 10)).astype(float)
    drawn[::13, 3] = np.nan
    codes = [item.code for item in load_instruments()["odi"].items]
    answers = {code: np.ascontiguousarray(drawn[:, place]) for place, code in enumerate(codes)}
    records = drawn[:LOOP_ROWS].tolist()
    product = _rate(lambda: score_instrument("odi", answers), ROWS, runs)
    return product, _rate(lambda: _loop(records), LOOP_ROWS, runs)
