"""Whether more cells went with more responders."""

from __future__ import annotations

from functools import partial

from scoring.dose_response import DoseGroup, DoseResponse, dose_response
from surveys.i18n import gettext as _
from surveys.outcomes.charts.marks import Bar
from surveys.outcomes.cohort import Cohort
from surveys.outcomes.common_columns import ends
from surveys.outcomes.figure import Figure, Group
from surveys.outcomes.figures.parts import arrays_hash, draw_bars, joined, printed, told_number
from surveys.outcomes.figures.scores import Judged, judged
from surveys.outcomes.look import Look
from surveys.outcomes.table import Cell, Column
from surveys.outcomes.words import rule_words, timepoint_words


def dose_figure(look: Look) -> Figure:
    """Rates in up to three groups of about equal size by the dose of the first treatment, with the trend."""
    found, dose = judged(look), look.cohort.known.dose
    result = dose_response(dose, found.evaluable, found.responded)
    groups = _shown(look, result)
    heads = {_code(group): _span(group) for group in groups}
    bars = [_bar(group) for group in groups]
    data_hash = joined([found.data_hash, arrays_hash(look.cohort, found.evaluable, dose)])
    return Figure(
        code="dose",
        title=_("Response by dose at %(when)s", when=timepoint_words(look.focus)),
        description=_("Rates by dose of the first treatment; the values are in the table."),
        rule=_("%(rule)s. Complete cases of all arms whose dose is recorded.", rule=rule_words(look.rule))
        + " "
        + _trend_words(look.cohort, result, told=bool(groups))
        + " "
        + _("An association: doses were not assigned by chance."),
        table=printed(_columns(), [_cells(group, result) for group in groups], look, data_hash),
        as_of=look.cohort.now,
        data_hash=data_hash,
        chart=partial(draw_bars, bars, heads, [_("Responders, with 95 % interval")]) if bars else None,
        groups=_behind(look, groups, found),
        why_not="" if bars else _("No dose is recorded of anybody who can be judged."),
    )


def _shown(look: Look, result: DoseResponse) -> tuple[DoseGroup, ...]:
    """Every group, or none where one is too small to be shown: the others would tell of it."""
    few = any(group.proportion.n < look.cohort.filters.fewest for group in result.groups)
    return () if few else result.groups


def _trend_words(cohort: Cohort, result: DoseResponse, *, told: bool) -> str:
    """``told``: whether the groups are, without which their trend would tell of them."""
    unknown = _("Dose not recorded: %(n)s.", n=told_number(cohort, result.unknown_dose))
    if result.trend_p is None or not told:
        return unknown
    return _("Trend (Cochran–Armitage): p = %(p)s.", p=f"{result.trend_p:.3f}") + " " + unknown


def _code(group: DoseGroup) -> str:
    return f"{group.low:g}-{group.high:g}"


def _span(group: DoseGroup) -> str:
    return _("%(low)g to %(high)g million cells", low=group.low, high=group.high)


def _bar(group: DoseGroup) -> Bar:
    own = group.proportion
    return Bar(_code(group), _("Responders"), own.responders, own.n, 0, own.wilson)


def _behind(look: Look, groups: tuple[DoseGroup, ...], found: Judged) -> tuple[Group, ...]:
    dose = look.cohort.known.dose
    return tuple(
        Group(f"dose-{at}", _span(group), look.cohort, found.evaluable & (dose >= group.low) & (dose <= group.high))
        for at, group in enumerate(groups, start=1)
    )


def _columns() -> tuple[Column, ...]:
    return (
        Column("dose", _("Dose, million cells")),
        Column("median", _("Median dose"), digits=0),
        Column("responders", _("Responders")),
        Column("evaluable", _("Evaluable")),
        Column("rate", _("Rate"), percent=True),
        *ends(percent=True),
        Column("trend_p", _("p of the trend"), digits=3),
    )


def _cells(group: DoseGroup, result: DoseResponse) -> tuple[Cell, ...]:
    own = group.proportion
    low, high = own.wilson or (None, None)
    return (_span(group), group.median, own.responders, own.n, own.rate, low, high, result.trend_p)
