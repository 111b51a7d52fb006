"""A claim's rates as a drawing, for its page and for everybody's, from the same rows as the table beneath."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from scoring.proportions import wilson
from surveys.i18n import gettext as _
from surveys.outcomes.charts.marks import Bar
from surveys.outcomes.figure import Figure
from surveys.outcomes.figures.parts import draw_bars
from surveys.outcomes.table import Column, Table

NUMBER = re.compile(r"[\d./–-]+( to -?[\d.]+)?( %)?|below 0\.001|[\d/]+ \(.*\)|")
Row = Mapping[str, Any]


def numeric(cell: str) -> bool:
    """Whether a cell of a claim's table is a number, an interval or a rate, which line up at their ends."""
    return NUMBER.fullmatch(cell) is not None


def rates_figure(code: str, rows: Sequence[Row], arms: Sequence[str], when: datetime, data_hash: str) -> Figure | None:
    """Bars of every rate that is known; None where a kind has none, or all are hidden.

    ``rows``: of a result or of the public page, arms and timepoints in words; ``arms``: in the order of their colours.
    """
    known = [row for row in rows if row.get("n")]
    if not known:
        return None
    heads = {row["timepoint"]: row["timepoint"] for row in known}
    bars = [_bar(row, arms) for row in known]
    return Figure(
        code=code,
        title=_("Rates at every timepoint"),
        description=_("Rates by timepoint and arm with their intervals; the values are in the table."),
        rule="",
        table=Table((Column("arm", "arm"),), tuple((row["arm"],) for row in known)),
        as_of=when,
        data_hash=f"{data_hash} {[tuple(row.items()) for row in known]}",
        chart=partial(draw_bars, bars, heads, [_("Share of patients,"), _("with 95 % interval")]),
    )


def _bar(row: Row, arms: Sequence[str]) -> Bar:
    """With its own interval: what is printed with one digit would be rounded a second time, to another whole number."""
    return Bar(row["timepoint"], row["arm"], row["k"], row["n"], arms.index(row["arm"]), wilson(row["k"], row["n"]))


def result_figure(result: Mapping[str, Any], times: Mapping[str, str], when: datetime, data_hash: str) -> Figure | None:
    """The drawing of a result; ``times``: timepoints in words."""
    arms: Mapping[str, str] = result["arms"]
    rows = [{**row, "arm": arms[row["arm"]], "timepoint": times[row["timepoint"]]} for row in result["figures"]]
    order = list(dict.fromkeys(row["arm"] for row in rows))  # the protocol's, which gives each arm its colour
    return rates_figure("rates", rows, order, when, data_hash)


def public_figures(page: Mapping[str, Any]) -> dict[int, Figure]:
    """The drawings of a public page by the statement's number; what is hidden there is drawn nowhere."""
    found: dict[int, Figure] = {}
    for claim in (each for each in page["claims"] if each.get("figures")):
        arms = list(dict.fromkeys(row["arm"] for row in claim["figures"]))
        when = datetime.fromisoformat(claim["data_as_of"])
        figure = rates_figure(f"rates-{claim['number']}", claim["figures"], arms, when, claim["result_hash"])
        found |= {claim["number"]: figure} if figure else {}
    return found
