"""``python -m bench``: the product against its floors, in one run."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import servers, targets
from bench.browser import Browser
from bench.comparisons import CONNECTIONS, DASHBOARD, FLOORS, comparisons, staff_cookie
from bench.measure import alternate
from bench.report import Goal, figures, load_sentence, print_table
from bench.scoring_speed import odi_rates
from bench.servers import Server
from bench.stage import Stage, set_stage
from bench.targets import PATIENT

HEADS = ("", "requests/s", "p50 ms", "p95 ms", "p99 ms", "CPU µs")
GOAL_HEADS = ("", "reached", "goal", "met")


@dataclass(frozen=True)
class Effort:
    """How long to measure: runs, seconds per run and program, patients with an open visit."""

    runs: int
    seconds: float
    patients: int


FULL, QUICK = Effort(5, 4.0, 64), Effort(1, 1.0, 16)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short run, for a look; compare full runs only")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are stopped on the way out
    effort = QUICK if parser.parse_args().quick else FULL
    print(f"{effort.runs} run(s) of {effort.seconds:g} s per program, alternating, medians; {CONNECTIONS} connections.")
    print(f"{load_sentence(os.getloadavg()[0])}\n", flush=True)
    with servers.folder() as folder, servers.postgres(folder) as database:
        environ = servers.settings(database)
        servers.prepare(database, environ)
        _web(effort, environ, folder, servers.postmaster(database))
    _scoring(effort)


def _web(effort: Effort, environ: Mapping[str, str], folder: Path, postmaster: int) -> None:
    from wsgi import app  # noqa: PLC0415  the settings must stand first

    stage = set_stage(app, effort.patients)
    with servers.served("wsgi:app", environ, folder / "product.log") as product:
        sittings = [targets.sit(product, stage, token) for token in stage.tokens]
        more = _floor_settings(stage, product, folder, environ["DATABASE_URL"])
        with servers.all_served(FLOORS, {**environ, **more}, folder) as floors:
            for each in comparisons(product, floors, stage, sittings):
                measured = alternate(each.targets, postmaster, runs=effort.runs, seconds=effort.seconds)
                print_table(HEADS, figures(measured))
                print_table(GOAL_HEADS, [goal.row for goal in each.goals(measured)])


def _floor_settings(stage: Stage, product: Server, folder: Path, database_url: str) -> dict[str, str]:
    browser, page = Browser(product.port, staff_cookie(stage)), folder / "dashboard.html"
    page.write_text(browser.get(DASHBOARD), encoding="utf-8")
    browser.close()
    return {
        "FLOOR_DATABASE_URL": database_url.replace("+psycopg", "", 1),
        "FLOOR_CLINIC": str(stage.clinic_id),
        "FLOOR_COOKIE": PATIENT,
        "FLOOR_PAGE": str(page),
    }


def _scoring(effort: Effort) -> None:
    product, loop = odi_rates(effort.runs)
    print_table(("ODI in memory, one core", "rows/s"), [("arrays", f"{product:,.0f}"), ("loop", f"{loop:,.0f}")])
    goals = (Goal("ODI, million rows/s", product / 1e6, 30), Goal("ODI / Python loop", product / loop, 100))
    print_table(GOAL_HEADS, [goal.row for goal in goals])


if __name__ == "__main__":
    main()
