"""Whether a figure was planned, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from sqlalchemy.orm import Session

from scoring.responder import Rule
from surveys.i18n import format_day
from surveys.i18n import gettext as _
from surveys.outcomes.figure import Figure
from surveys.outcomes.filter_text import print_text
from surveys.outcomes.look import Look
from surveys.outcomes.plans.endpoints import endpoint_of
from surveys.outcomes.plans.store import versions
from surveys.outcomes.plans.verdict import Verdict, Wanted, verdict

MEAN = "mean-"
COUNTS = ("funnel",)  # it counts visits, and says nothing of an outcome
OWN_KINDS = {  # figures that stand on no rule, as the kind of statement that a plan names
    "adverse-events": "complications",
    "opioid-dose": "opioid_change",
    "opioids": "opioid_change",
    "perceived": "perceived_effect",
    "perceived-levels": "perceived_effect",
    "survival": "surgery_avoided",
}
BY_RULE = {  # figures that a plan names as a kind of statement beside their rule
    "difference": "responders_two_arms",
    "dose": "dose_response",
    "percent-improved": "percent_improvement",
    "rates-compared": "responders_two_arms",
    "subgroups": "by_diagnosis",
    "trajectories": "trajectories",
}


def standing_of(session: Session, look: Look) -> Callable[[Figure], str]:
    """Return what tells of a figure whether the protocol's plan holds it, with date; asked once for figures alike.

    A figure with rates stands on their rule, a mean on its scale, one of events on its kind, others on the rule in
    charge.
    """
    plans = versions(session, look.protocol.code)
    filters = replace(look.cohort.filters, timepoint=None, fewest=0, permitted=None)

    @cache
    def said(wanted: Wanted) -> str:
        found = verdict(session, plans, wanted)
        if found.planned_on and look.cohort.filters.permitted:
            return _("%(planned)s, but counting only patients who permit it", planned=words(found))
        return words(found)

    def of(figure: Figure) -> str:
        return "" if figure.code in COUNTS else said(_wanted(look, figure, print_text(filters)))

    return of


def words(found: Verdict) -> str:
    """The verdict as a reader is told it."""
    if found.planned_on:
        return _("as planned (plan of %(day)s)", day=format_day(found.planned_on))
    if found.written_on is None:
        return _("post hoc")
    told = {"day": format_day(found.written_on), "known": found.known, "results": found.results}
    return _("post hoc (a plan was written on %(day)s, when %(known)d of %(results)d results were in)", **told)


def _wanted(look: Look, figure: Figure, cohort: str) -> Wanted:
    at = look.focus.code
    if figure.code.startswith(MEAN):
        return Wanted(cohort, at, scales=frozenset({figure.code.removeprefix(MEAN)}))
    if figure.code in OWN_KINDS:
        return Wanted(cohort, at, kind=OWN_KINDS[figure.code])
    rule = Rule.parse(figure.rates[0].rule) if figure.rates else look.rule
    endpoint = endpoint_of(look.protocol, rule, at).text
    return Wanted(cohort, at, kind=BY_RULE.get(figure.code), endpoint=endpoint)
