"""The sites side by side at one timepoint: a point with its interval each, in the order of their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from surveys.i18n import gettext as _
from surveys.outcomes.charts.marks import Estimate
from surveys.outcomes.common_columns import ends, of_arm
from surveys.outcomes.dashboard import Dashboard
from surveys.outcomes.figure import Figure
from surveys.outcomes.figures.parts import colour_of, draw_forest, joined, printed
from surveys.outcomes.rate import Rate
from surveys.outcomes.table import Cell, Column
from surveys.outcomes.words import interval_words, percent, rule_words, timepoint_words

CODE = "by-site"


@dataclass(frozen=True, slots=True)
class Line:
    """One arm of one site, or of all together; ``rate`` is None where it may not be said. ``site``: None for all."""

    site: str | None
    name: str
    arm: str
    arm_label: str
    rate: Rate | None


def lines_of(board: Dashboard, name: str, site: str | None) -> list[Line]:
    """A line per arm in which anybody is."""
    cohort, shown = board.look.cohort, {rate.arm: rate for rate in board.headline}
    arms = [arm for arm in cohort.protocol.arms if cohort.filters.arm in (None, arm.code)]
    return [
        Line(site, name, arm.code, arm.label, shown.get(arm.code))
        for arm in arms
        if arm.code in cohort.arms or arm.code in cohort.closed
    ]


def by_site(whole: Dashboard, lines: Sequence[Line]) -> Figure:
    """Rates by arm and site; ``lines``: those of the sites, then those of all together."""
    told = [line for line in lines if line.rate and line.rate.evaluable]
    arms = {arm.code: arm.label for arm in whole.protocol.arms}
    ordered = [line for arm in arms for line in told if line.arm == arm]
    data_hash = joined([line.rate.data_hash for line in ordered if line.rate])
    title = [_("Responders of those evaluable,"), _("with 95 % interval")]
    options = {"percent": True, "line": None, "domain": (0.0, 1.0)}
    drawn = [_estimate(whole, line) for line in ordered]
    return Figure(
        code=CODE,
        title=_("Responders by site at %(when)s", when=timepoint_words(whole.look.focus)),
        description=_("A rate by arm and site with its interval; the values are in the table."),
        rule=_(
            "%(rule)s. Complete cases, with Wilson's 95 %% interval. Sites stand by name; patients were not assigned "
            "to them by chance, and intervals that lie apart may have other reasons than care.",
            rule=rule_words(whole.rule),
        ),
        table=printed(_columns(), [_cells(line) for line in lines], whole.look, data_hash),
        as_of=whole.as_of,
        data_hash=data_hash,
        chart=partial(draw_forest, drawn, arms, title, options) if drawn else None,
        why_not="" if drawn else _("No site has enough patients to be shown yet."),
    )


def _estimate(whole: Dashboard, line: Line) -> Estimate:
    rate = line.rate
    assert rate is not None  # noqa: S101 - lines without one are not drawn
    words = f"{rate.responders}/{rate.evaluable}, {percent(rate.rate)} ({interval_words(rate.interval)})"
    return Estimate(line.arm, line.name, rate.rate or 0.0, rate.interval, words, colour_of(whole.look.cohort, line.arm))


def _columns() -> tuple[Column, ...]:
    return (
        Column("site", _("Site")),
        *of_arm(),
        Column("enrolled", _("Enrolled")),
        Column("expected", _("Expected")),
        Column("answered", _("Answered in window")),
        Column("completeness", _("Completeness"), percent=True),
        Column("responders", _("Responders")),
        Column("evaluable", _("Evaluable")),
        Column("rate", _("Rate"), percent=True),
        *ends("wilson", percent=True),
        Column("note", _("Note")),
    )


def _cells(line: Line) -> tuple[Cell, ...]:
    rate = line.rate
    if rate is None:
        return (line.name, line.arm, line.arm_label, *[None] * 9, _("fewer than 10 patients: not shown"))
    low, high = rate.interval or (None, None)
    counts = (rate.counts.enrolled, rate.counts.expected, rate.counts.answered, rate.completeness)
    return (line.name, line.arm, line.arm_label, *counts, rate.responders, rate.evaluable, rate.rate, low, high, "")
