"""The first page of the figures at two sizes of a clinic: unchanged, after an answer, and with each filter."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from uuid import UUID

import psycopg

from bench.browser import Browser
from bench.comparisons import DASHBOARD
from bench.dashboard_fill import fill
from bench.report import Goal
from bench.servers import Server, served
from local import roles
from local.postgres import Postgres

FEW, MANY = 10_000, 1_000_000  # patients
QUICK_FEW, QUICK_MANY = 2_000, 20_000
TIMES, QUICK_TIMES = 40, 10  # loads of each kind
FILTERS = (
    *("arm=treated", "sex=female", "age_from=40&age_to=60", "bmi_from=25", "mode=paper", "diagnosis=M51"),
    *("product=prp", "opioid_use=yes", "nth=1", "dose_from=300", "enrolled_from=2022-01-01", "pain_generator=facet"),
    *("timepoint=m6", "arm=conventional&sex=male&age_from=30&mode=self"),
)
RESIDENT = re.compile(r"^VmRSS:\s+([0-9]+) kB$", re.MULTILINE)
CHANGE = """INSERT INTO score (clinic_id, id, response_id, scale, value, n_answered, rule_version, amendment, scored_at)
    SELECT clinic_id, uuidv7(), response_id, scale, 100 - value, 10, rule_version,
    1 + (SELECT max(o.amendment) FROM score o WHERE o.response_id = s.response_id), now() FROM score s
    WHERE clinic_id = %(clinic)s AND amendment = 0 ORDER BY id OFFSET %(step)s LIMIT 1"""


@dataclass(frozen=True)
class Loads:
    """Milliseconds of each load, and megabytes resident of the largest worker."""

    first: float
    same: Sequence[float]
    changed: Sequence[float]
    filtered: Mapping[str, Sequence[float]]
    resident: float

    @property
    def drawn(self) -> list[float]:
        """A filter's first load, which draws its charts."""
        return [each[0] for each in self.filtered.values()]

    @property
    def later(self) -> list[float]:
        """Its later ones."""
        return [one for each in self.filtered.values() for one in each[1:]]


@dataclass(frozen=True)
class Dashboards:
    """The page at two sizes."""

    patients: tuple[int, int]
    few: Loads
    many: Loads

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """What was measured."""
        return [_row(f"{n:,} patients", each) for n, each in zip(self.patients, (self.few, self.many), strict=True)]

    @property
    def goals(self) -> list[Goal]:
        """Row 5 of the goals."""
        return [
            Goal("dashboard: p95, ms", _p95(self.many.same), 100, more=False),
            Goal("dashboard: p95 after an answer, ms", _p95(self.many.changed), 100, more=False),
            Goal("dashboard: p95 with a filter, ms", _p95(self.many.later), 300, more=False),
            Goal("dashboard: p95 of a filter's first load, which draws, ms", _p95(self.many.drawn), 300, more=False),
            Goal("dashboard: t(many) / t(few)", median(self.many.same) / median(self.few.same), 1.5, more=False),
            Goal("dashboard: memory of a worker, MB", self.many.resident, 500, more=False),
        ]


HEADS = ("dashboard, ms", "first", "p50", "p95", "changed p95", "filter p95", "filter drawn", "MB resident")


def _row(name: str, loads: Loads) -> tuple[str, ...]:
    figures = (loads.first, median(loads.same), *map(_p95, (loads.same, loads.changed, loads.later, loads.drawn)))
    return (name, *(f"{figure:,.0f}" for figure in (*figures, loads.resident)))


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[min(len(times) - 1, int(0.95 * len(times)))]


def dashboards(
    database: Postgres, clinic_id: UUID, cookie: str, environ: Mapping[str, str], folder: Path, *, quick: bool
) -> Dashboards:
    """Fill and measure at both sizes, each with a server of its own: rows laid in bulk are in no feed of changes."""
    sizes, times = ((QUICK_FEW, QUICK_MANY), QUICK_TIMES) if quick else ((FEW, MANY), TIMES)
    found, filled = [], 0
    for size in sizes:
        fill(database, clinic_id, filled + 1, size)
        filled = size
        with served("wsgi:app", environ, folder / f"dashboard-{size}.log", workers=1) as server:
            found.append(_measure(database, clinic_id, server, cookie, times))
    return Dashboards(sizes, *found)


def _measure(database: Postgres, clinic_id: UUID, server: Server, cookie: str, times: int) -> Loads:
    browser = Browser(server.port, cookie, patience=900)
    with psycopg.connect(database.url("postgres", roles.DATABASE), autocommit=True) as connection:
        first = _timed(browser, DASHBOARD)
        same = [_timed(browser, DASHBOARD) for _number in range(times)]
        changed = []
        for step in range(1, times + 1):
            connection.execute(CHANGE, {"clinic": clinic_id, "step": step * 7})
            changed.append(_timed(browser, DASHBOARD))
    lapped = {each: [_timed(browser, f"{DASHBOARD}?protocol=spine&{each}") for _n in range(5)] for each in FILTERS}
    browser.close()
    return Loads(first, same, changed, lapped, _resident(server.pid))


def _timed(browser: Browser, path: str) -> float:
    cookie, begun = browser.cookie, time.perf_counter()
    browser.get(path)
    spent = 1000 * (time.perf_counter() - begun)
    browser.cookie = cookie  # the page gives its form a cookie as well
    return spent


def _resident(root: int) -> float:
    """Megabytes of the server's largest process."""
    sizes = [int(found[1]) for pid in _family(root) if (found := RESIDENT.search(_status(pid)))]
    return max(sizes) / 1024


def _family(root: int) -> Iterator[int]:
    yield root
    for task in Path(f"/proc/{root}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


def _status(pid: int) -> str:
    return Path(f"/proc/{pid}/status").read_text()
