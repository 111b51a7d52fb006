"""``python -m bench``: the product against its floors, in one run."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench import servers, targets
from bench.browser import Browser
from bench.comparisons import CONNECTIONS, DASHBOARD, FLOORS, Comparison, comparisons, staff_cookie
from bench.dashboard import HEADS as HEADS_OF_PAGES
from bench.dashboard import dashboards
from bench.exporting import export_figures
from bench.feed import feed_rates
from bench.growth import TIMES, growth_goals, multiply
from bench.handover import handover_rates
from bench.load import LoadError
from bench.measure import Run, alternate, report_progress
from bench.queue import queue_rates
from bench.report import figures, load_sentence, print_table
from bench.scoring_speed import eq5d_speeds, odi_speeds, speed_goals
from bench.servers import Server
from bench.stage import Stage, set_stage
from bench.targets import PATIENT
from local.database_only import database_only
from local.postgres import Postgres

HEADS = ("", "requests/s", "p50 ms", "p95 ms", "p99 ms", "CPU µs")
GOAL_HEADS = ("", "reached", "goal", "met")


@dataclass(frozen=True)
class Effort:
    """How long to measure: runs, seconds per run and program, patients with an open visit."""

    runs: int
    seconds: float
    patients: int


FULL, QUICK = Effort(5, 3.0, 64), Effort(1, 1.0, 16)
FEW, MANY = 100_000, 1_000_000  # records to score


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short run, for a look; compare full runs only")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are stopped on the way out
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=f"some of: {', '.join(PARTS)}")
    asked = parser.parse_args()
    effort = QUICK if asked.quick else FULL
    print(f"{effort.runs} run(s) of {effort.seconds:g} s per program, alternating, medians; {CONNECTIONS} connections.")
    print(f"{load_sentence(os.getloadavg()[0])}\n", flush=True)
    try:
        for part in asked.only or PARTS:
            PARTS[part](effort)
    except (LoadError, RuntimeError, OSError, psycopg.Error) as problem:
        sys.exit(f"The measurement stopped: {problem}\nNothing else was left running; repeat the command.")


def _pages(effort: Effort) -> None:
    report_progress("starting PostgreSQL, migrating, enrolling patients")
    with servers.folder() as folder, servers.postgres(folder) as database:
        environ = database_only(database)
        servers.prepare(database, environ)
        _web(effort, environ, folder, database)


def _web(effort: Effort, environ: Mapping[str, str], folder: Path, database: Postgres) -> None:
    from wsgi import app  # noqa: PLC0415  the settings must stand first

    stage, postmaster = set_stage(app, effort.patients), servers.postmaster(database)
    with servers.served("wsgi:app", environ, folder / "product.log") as product:
        report_progress("opening every patient's link and forms")
        sittings = [targets.sit(product, stage, token) for token in stage.tokens]
        more = _floor_settings(stage, product, folder, environ["DATABASE_URL"])
        with servers.all_served(FLOORS, {**environ, **more}, folder) as floors:
            asked = comparisons(product, floors, stage, sittings)
            few = {name: run for each in asked for name, run in _compare(each, postmaster, effort).items()}
        multiply(database, stage.clinic_id)
        pages = {name: target for each in asked for name, target in list(each.targets.items())[:1]}
        many = alternate(pages, postmaster, runs=effort.runs, seconds=effort.seconds)
        print(f"with {TIMES} times the patients ({TIMES * effort.patients:,})")
        print_table(HEADS, figures(many))
        print_table(GOAL_HEADS, [goal.row for goal in growth_goals(few, many)])


def _compare(each: Comparison, postmaster: int, effort: Effort) -> Mapping[str, Run]:
    measured = alternate(each.targets, postmaster, runs=effort.runs, seconds=effort.seconds)
    print_table(HEADS, figures(measured))
    print_table(GOAL_HEADS, [goal.row for goal in each.goals(measured)])
    return measured


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
    report_progress("scoring")
    speeds = {"ODI": odi_speeds(effort.runs, FEW, MANY), "EQ-5D-3L": eq5d_speeds(effort.runs, FEW, MANY)}
    report_progress("")
    heads = (
        "in memory, one core, records/s",
        f"checked, {MANY:,}",
        f"checked, {FEW:,}",
        "NumPy, unchecked",
        "Python loop",
    )
    rows = [
        (name, *(f"{rate:,.0f}" for rate in (each.many, each.few, each.kernel, each.loop)))
        for name, each in speeds.items()
    ]
    print_table(heads, rows)
    print_table(GOAL_HEADS, [goal.row for name, each in speeds.items() for goal in speed_goals(name, each, FEW, MANY)])


def _mail(effort: Effort) -> None:
    report_progress("handing mail over")
    with servers.folder() as folder:
        rates = handover_rates(effort.runs, folder, quick=effort is QUICK)
    report_progress("")
    print_table(("to a relay on loopback", "mails/s"), [(way, f"{rate:,.0f}") for way, rate in rates.by_way.items()])
    print_table(GOAL_HEADS, [goal.row for goal in rates.goals])
    if rates.floor is None:
        print("No C compiler was found: the floor is the bare socket in Python, and the sink is Python too.\n")


@contextmanager
def _staged() -> Iterator[tuple[Path, Postgres, dict[str, str], Stage]]:
    """Yield a folder, the server in it, its settings and a clinic with a patient."""
    with servers.folder() as folder, servers.postgres(folder) as database:
        environ = database_only(database)
        servers.prepare(database, environ)
        from wsgi import app  # noqa: PLC0415  the settings must stand first

        yield folder, database, environ, set_stage(app, 1)
    report_progress("")


def _queue(effort: Effort) -> None:
    report_progress("filling the queue")
    with _staged() as (folder, database, _environ, stage):
        from wsgi import app  # noqa: PLC0415  the settings must stand first

        found = queue_rates(app, database, stage.clinic_id, folder, effort.runs, quick=effort is QUICK)
    print_table(("the queue in the database", ""), found.rows)
    print_table(GOAL_HEADS, [goal.row for goal in found.goals])


def _exports(effort: Effort) -> None:
    report_progress("filling a clinic with responses")
    with _staged() as (_folder, database, environ, stage):
        given = {**os.environ, **environ}
        found = export_figures(database, stage.clinic_id, given, effort.runs, quick=effort is QUICK)
    print_table(("exports, by responses", "rows", "rows/s", "MB resident"), found.rows)
    print_table(GOAL_HEADS, [goal.row for goal in found.goals])


def _dashboard(effort: Effort) -> None:
    report_progress("filling a clinic with patients: minutes")
    quick = effort is QUICK
    with _staged() as (folder, database, environ, stage):
        found = dashboards(database, stage.clinic_id, staff_cookie(stage), environ, folder, quick=quick)
        fed = feed_rates(database, stage.clinic_id, effort.runs, quick=quick)
    print_table(HEADS_OF_PAGES, found.rows)
    print_table(("answers/s in whole sittings", ""), fed.rows)
    print_table(GOAL_HEADS, [goal.row for goal in (*found.goals, *fed.goals)])


PARTS: dict[str, Callable[[Effort], None]] = {
    "pages": _pages,
    "scoring": _scoring,
    "mail": _mail,
    "queue": _queue,
    "exports": _exports,
    "dashboard": _dashboard,
}

if __name__ == "__main__":
    main()
