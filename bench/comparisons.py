"""The three comparisons: which programs alternate, and what is asked of their ratios."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench import targets
from bench.browser import get_bytes
from bench.measure import Run
from bench.report import Goal
from bench.servers import Server
from bench.stage import Stage
from bench.targets import STAFF, Sitting, Target

CONNECTIONS = 16
DASHBOARD = "/dashboard"
FLOORS = {
    "read": "bench.floors.read_page:app",
    "form": "bench.floors.stock_form:app",
    "insert": "bench.floors.raw_insert:app",
    "orm": "bench.floors.stock_orm:app",
    "bytes": "bench.floors.same_bytes:app",
}
CENSUS_ITEM = 13_800  # µs of CPU per request of the ONS questionnaire runner, measured elsewhere on 2 cores
Measured = Mapping[str, Run]


@dataclass(frozen=True)
class Comparison:
    """Programs by the name in the table, and the goals worked out from their figures."""

    targets: Mapping[str, Target]
    goals: Callable[[Measured], Sequence[Goal]]


def staff_cookie(stage: Stage) -> str:
    """Return the Cookie header of the signed-in clinician."""
    return f"{STAFF}={stage.staff_cookie}"


def comparisons(
    product: Server, floors: Mapping[str, Server], stage: Stage, sittings: Sequence[Sitting]
) -> Sequence[Comparison]:
    """Return what is measured, in order."""
    return (
        Comparison(_items(product, floors, sittings), _item_goals),
        Comparison(_answers(product, floors, stage, sittings), _answer_goals),
        Comparison(_dashboards(product, floors, stage), _dashboard_goals),
    )


def _items(product: Server, floors: Mapping[str, Server], sittings: Sequence[Sitting]) -> Mapping[str, Target]:
    reads = [(get_bytes("/", each.cookie),) for each in sittings]
    return {
        "item GET": targets.item_page(product, sittings, CONNECTIONS),
        "  Flask, one raw read": Target(floors["read"], targets.deal(reads, CONNECTIONS), 200),
        "  stock WTForms, CSRF": targets.same_page(floors["form"], "/", "", CONNECTIONS),
    }


def _item_goals(measured: Measured) -> Sequence[Goal]:
    page, read, form = measured.values()
    return (
        Goal("item GET / Flask, one raw read", page.rate / read.rate, 0.65),
        Goal("item GET / stock WTForms, CSRF", page.rate / form.rate, 2.5),
        Goal("item GET CPU, µs (1/30 of the census runner)", page.cpu, CENSUS_ITEM / 30, more=False),
        Goal("item GET p99, ms", page.p99, 15, more=False),
    )


def _answers(
    product: Server, floors: Mapping[str, Server], stage: Stage, sittings: Sequence[Sitting]
) -> Mapping[str, Target]:
    return {
        "answer POST": targets.answers(product, sittings, CONNECTIONS),
        "  no Flask, one INSERT": targets.raw_answers(floors["insert"], stage, CONNECTIONS),
        "  stock WTForms, ORM": targets.stock_answers(floors["orm"], CONNECTIONS),
    }


def _answer_goals(measured: Measured) -> Sequence[Goal]:
    answer, insert, orm = measured.values()
    return (
        Goal("answer POST / no Flask, one INSERT", answer.rate / insert.rate, 0.5),
        Goal("answer POST / stock WTForms, ORM", answer.rate / orm.rate, 2.3),
        Goal("answer POST p99, ms", answer.p99, 20, more=False),
    )


def _dashboards(product: Server, floors: Mapping[str, Server], stage: Stage) -> Mapping[str, Target]:
    return {
        "dashboard": targets.same_page(product, DASHBOARD, staff_cookie(stage), CONNECTIONS),
        "  Flask, the same bytes": targets.same_page(floors["bytes"], "/", "", CONNECTIONS),
    }


def _dashboard_goals(measured: Measured) -> Sequence[Goal]:
    page, _same = measured.values()
    return (Goal("dashboard p95, ms", page.p95, 100, more=False),)
