"""What a plan fixes: whom, which endpoints, which arms against each other, and which statements."""

from __future__ import annotations

import json
from dataclasses import dataclass

from scoring.endpoint import Endpoint
from surveys.i18n import gettext as _
from surveys.models.statements import CLAIM_KINDS
from surveys.outcomes.filter_text import parse, print_text
from surveys.outcomes.plans.canonical import dumps


class PlanError(ValueError):
    """A plan that fixes nothing; says what is missing."""


@dataclass(frozen=True, slots=True)
class PlanContent:
    """``cohort``: a text of the filter language; ``endpoints``: texts; ``comparisons``: ``treated minus reference``.

    ``methods``: kinds of claim. Each part is sorted and without repetition, so that one plan has one text.
    """

    cohort: str
    endpoints: tuple[str, ...]
    comparisons: tuple[str, ...]
    methods: tuple[str, ...]

    @property
    def text(self) -> str:
        """Canonical JSON."""
        return dumps({name: getattr(self, name) for name in self.__slots__})

    @property
    def scales(self) -> frozenset[str]:
        """Every scale that an endpoint is read on."""
        return frozenset(Endpoint.parse(text).rule.scale for text in self.endpoints)


def read_content(text: str) -> PlanContent:
    """A plan as it is kept."""
    kept = json.loads(text)
    lists = {name: tuple(kept[name]) for name in ("endpoints", "comparisons", "methods")}
    return PlanContent(cohort=kept["cohort"], **lists)


def checked(cohort: str, endpoints: list[str], comparisons: list[str], methods: list[str]) -> PlanContent:
    """Return a plan in its one form; raises PlanError, FilterError or RuleError where it makes no sense."""
    if not endpoints:
        raise PlanError(_("Choose one endpoint or more: a rule and a timepoint."))
    if not methods:
        raise PlanError(_("Choose one kind of statement or more."))
    if unknown := set(methods) - set(CLAIM_KINDS):
        raise PlanError(_("There is no kind of statement %(kind)s.", kind=", ".join(sorted(unknown))))
    texts = {Endpoint.parse(each).text for each in endpoints}
    filters = print_text(parse(cohort))
    return PlanContent(filters, *(tuple(sorted(set(each))) for each in (texts, comparisons, methods)))
