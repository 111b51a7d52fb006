"""The last look before a figure leaves its clinics."""

from __future__ import annotations

from dataclasses import replace

from surveys.i18n import gettext as _
from surveys.outcomes.figure import Figure
from surveys.outcomes.public.disclosure import SMALLEST
from surveys.outcomes.table import Cell, Column, Table

TOGETHER = (  # they divide by groups of their own, which may be small at a site
    "dose",
    "percent-improved",
    "same-patients",
    "subgroups",
    "thresholds",
    "trajectories",
)
ONE_BY_ONE = ("waterfall",)  # every patient is a bar
DIVISORS = ("answered", "composite_evaluable", "evaluable", "expected", "n", "reference_evaluable", "reference_n")
EVENTS = ("operated",)  # numbers of people whom something happened to, which the rates beside them would tell of


def screened(figure: Figure, *, alone: bool, kept_back: bool = False) -> Figure:
    """The figure, or its title with the reason why it is not shown.

    ``alone``: it is of one site of several; ``kept_back``: of its cohort something is not told.
    """
    if figure.code in ONE_BY_ONE:
        return _emptied(figure, _("Shown inside the clinic alone: every patient is a bar of it."))
    if alone and figure.code in TOGETHER:
        return _emptied(figure, _("Shown for all sites together: by site it would tell of a few patients."))
    figure = replace(figure, table=_without_near(figure.table)) if figure.code == "percent-improved" else figure
    return told(figure, smallest=SMALLEST, kept_back=kept_back)


def told(figure: Figure, *, smallest: int, kept_back: bool) -> Figure:
    """The figure for somebody who may be told of groups of so many and of no smaller ones."""
    if _speaks_of_few(figure.table, smallest):
        return _emptied(figure, _("Not shown: a part of it is about fewer than %(n)d patients.", n=smallest))
    if kept_back and not figure.chart:
        why = _("Nothing to show: what there is may be about fewer than %(n)d patients and is kept back.", n=smallest)
        return replace(figure, why_not=why)
    return figure


def _speaks_of_few(table: Table, smallest: int) -> bool:
    places = [at for at, column in enumerate(table.columns) if _divides(column)]
    cells = (row[at] for row in table.rows for at in places)
    return any(isinstance(cell, int) and 0 < cell < smallest for cell in cells)


def _without_near(table: Table) -> Table:
    """Without the rows of a part of an arm's patients that leaves out, or differs from another part by, a few."""
    at = {column.code: place for place, column in enumerate(table.columns)}
    kept: list[tuple[Cell, ...]] = []
    for row in table.rows:
        others = [each for each in kept if all(each[at[name]] == row[at[name]] for name in ("timepoint", "arm"))]
        if all(_apart(row[at[name]], other[at[name]]) for other in others for name in ("n", "n_ratios")):
            kept.append(row)
    return replace(table, rows=tuple(kept))


def _apart(own: Cell, other: Cell) -> bool:
    return not (isinstance(own, int) and isinstance(other, int) and 0 < abs(own - other) < SMALLEST)


def _divides(column: Column) -> bool:
    return column.code in (*DIVISORS, *EVENTS) or column.code.startswith("evaluable_")


def _emptied(figure: Figure, why_not: str) -> Figure:
    """Its rule goes too: tests and counts stand beside what is counted."""
    table = Table(figure.table.columns, ())
    silent = replace(figure, table=table, chart=None, rates=(), groups=(), description="", rule="", data_hash="")
    return replace(silent, why_not=why_not)
