"""Alternating runs of a product page and its floors, reduced to medians."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.cpu import cpu_seconds
from bench.load import Result, load
from bench.targets import Target

WARM_UP = 1.0  # seconds
Runs = dict[str, list["Run"]]


@dataclass(frozen=True)
class Run:
    """One run: requests per second, milliseconds, and CPU of server and database in microseconds per request."""

    rate: float
    p50: float
    p95: float
    p99: float
    cpu: float


def alternate(targets: Mapping[str, Target], database: int, *, runs: int, seconds: float) -> dict[str, Run]:
    """Load the targets in turn, ``runs`` times over after one to warm up, and return the medians by name.

    ``database``: the process id PostgreSQL's backends descend from.
    """
    found: Runs = {name: [] for name in targets}
    for name, target in targets.items():  # templates are compiled, statements prepared
        report_progress(f"warming up: {name.strip()}")
        load(target.server.port, target.scripts, target.expected, WARM_UP)
    for number in range(1, runs + 1):
        for name, target in targets.items():
            report_progress(f"run {number} of {runs}: {name.strip()}")
            found[name].append(_once(target, database, seconds))
    report_progress("")
    return {name: _medians(each) for name, each in found.items()}


def report_progress(text: str) -> None:
    """Show what is being measured, on one line of the terminal that the next one overwrites."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)


def _once(target: Target, database: int, seconds: float) -> Run:
    roots = [target.server.pid, database]
    before = cpu_seconds(roots)
    result = load(target.server.port, target.scripts, target.expected, seconds)
    return _run(result, cpu_seconds(roots) - before)


def _run(result: Result, cpu: float) -> Run:
    p50, p95, p99 = (result.percentile(share) for share in (0.5, 0.95, 0.99))
    return Run(result.rate, p50, p95, p99, 1e6 * cpu / len(result.latencies))


def _medians(runs: Sequence[Run]) -> Run:
    return Run(*(median(getattr(run, name) for run in runs) for name in Run.__dataclass_fields__))
