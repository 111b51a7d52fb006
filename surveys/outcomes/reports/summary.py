"""The report's first page of results: what a reader takes away when there is time for one page."""

from __future__ import annotations

from typing import Any

from surveys.i18n import gettext as _
from surveys.outcomes.claims.specification import LOW_COMPLETENESS
from surveys.outcomes.dashboard import Dashboard
from surveys.outcomes.figures.adverse import exposures
from surveys.outcomes.figures.compared import Comparison, comparisons
from surveys.outcomes.figures.parts import between, colour_of, not_randomised, signed_percent
from surveys.outcomes.judging import Composite
from surveys.outcomes.look import Look
from surveys.outcomes.rate import Rate
from surveys.outcomes.words import interval_words, percent, timepoint_words


def summary(board: Dashboard) -> dict[str, Any]:
    """The rule in charge at its timepoint by arm; its course, the difference, harms and what was lost."""
    look = board.look
    return {
        "title": _("Responders at %(when)s", when=board.focus),
        "rule": board.headline_rule,
        "notices": [*board.notices, *_withheld(board), *_few_answered(board)],
        "arms": [_arm(look, rate) for rate in board.headline],
        "course": _course(look),
        "sentences": [*_differences(look), *_harms(look), _compared(look)] if look.enrolled else [],
    }


def _withheld(board: Dashboard) -> list[str]:
    if not board.withheld:
        return []
    return [_("Not shown, for fewer than 5 patients are in it") + f": {', '.join(board.withheld)}."]


def _few_answered(board: Dashboard) -> list[str]:
    """A warning where fewer than 60 % of the expected answered in some arm."""
    low = [
        f"{rate.arm_label} ({percent(rate.completeness)})"
        for rate in board.headline
        if rate.completeness is not None and rate.completeness < LOW_COMPLETENESS
    ]
    if not low:
        return []
    arms = ", ".join(low)
    return [
        _("Few answered at %(when)s: %(arms)s. Those who did may be unlike the others.", when=board.focus, arms=arms)
    ]


def _with_operations(composite: Composite) -> str:
    return f"{percent(composite.rate)} ({composite.responders}/{composite.evaluable}; {composite.operated})"


def _arm(look: Look, rate: Rate) -> dict[str, Any]:
    """One arm's headline; ``facts``: names with values."""
    envelope, counts, composite = rate.envelope, rate.counts, rate.composite
    composite = composite if composite and composite.operated else None
    unknown = [(_("Whatever the missing would say"), f"{interval_words(envelope)} %")] if rate.missing_answers else []
    complete = f"{percent(rate.completeness)} ({counts.answered}/{counts.expected})"
    expected = _("of %(n)d expected", n=counts.expected)
    facts = [
        (_("95 % interval"), f"{interval_words(rate.interval)} %" if rate.interval else "–"),
        *unknown,
        (_("Completeness"), complete),
        (_("Lost"), f"{counts.expected - counts.answered} ({expected})"),
        *([(_("Operation counted as no response"), _with_operations(composite))] if composite else []),
    ]
    return {
        "label": rate.arm_label,
        "colour": colour_of(look.cohort, rate.arm),
        "rate": percent(rate.rate),
        "counted": f"{rate.responders}/{rate.evaluable}",
        "facts": [list(pair) for pair in facts],
    }


def _course(look: Look) -> dict[str, Any]:
    """Every follow-up: rate with n, N and interval, and completeness, an arm beside the other."""
    by_place = {(rate.timepoint, rate.arm): rate for rate in look.rates}
    due = {rate.timepoint for rate in look.rates if rate.evaluable or rate.counts.expected}
    points = [point for point in look.asked(look.rule) if point.code in due]
    rows = [
        [timepoint_words(point), *(cell for arm in look.arms for cell in _cells(by_place[point.code, arm]))]
        for point in points
    ]
    return {
        "arms": [look.protocol.arm(arm).label for arm in look.arms],
        "heads": [_("Responders"), _("Rate (95 % interval)"), _("Completeness")],
        "rows": rows,
    }


def _cells(rate: Rate) -> list[str]:
    words = f"{percent(rate.rate)} ({interval_words(rate.interval)})" if rate.evaluable else "–"
    return [f"{rate.responders}/{rate.evaluable}", words, percent(rate.completeness)]


def _differences(look: Look) -> list[str]:
    return [_difference(each) for each in comparisons(look) if each.own.timepoint == look.focus.code]


def _difference(each: Comparison) -> str:
    found, arms = each.found, {"arm": each.own.arm_label, "reference": each.reference.arm_label}
    if found.risk_difference is None:
        return _("%(arm)s against %(reference)s: not estimable, for an arm has nobody to judge.", **arms)
    points, limits = signed_percent(found.risk_difference), between(found.newcombe, 0, scale=100)
    told = _(
        "%(arm)s minus %(reference)s: %(points)s (95 %% interval %(limits)s)", points=points, limits=limits, **arms
    )
    if found.nnt is None or found.nnt_ci is None:
        return f"{told}."
    low, high = found.nnt_ci
    span = {"nnt": f"{found.nnt:.1f}", "low": f"{low:.1f}", "high": f"{high:.1f}"}
    return f"{told}; " + _("number needed to treat %(nnt)s (%(low)s to %(high)s).", **span)


def _harms(look: Look) -> list[str]:
    said = [
        _(
            "%(arm)s %(events)d in %(affected)d of %(treated)d treated, %(years)s patient-years",
            arm=each.label,
            events=each.events,
            affected=each.affected,
            treated=each.treated,
            years=f"{each.years:.1f}",
        )
        for each in exposures(look)
        if each.treated
    ]
    if not said:
        return [_("Adverse events: nobody has been treated yet.")]
    return [_("Adverse events recorded by staff: %(arms)s. None recorded is no proof of none.", arms="; ".join(said))]


def _compared(look: Look) -> str:
    return not_randomised() if look.treated else _("There was no comparison group.")
