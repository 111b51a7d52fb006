"""One protocol's page: the headline, then its figures, all from one cohort."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from sqlalchemy.orm import Session

from scoring.responder import Rule
from surveys.outcomes.cohort import Cohort, load_cohort
from surveys.outcomes.facts_queries import with_facts
from surveys.outcomes.figure import Figure
from surveys.outcomes.filter_words import words
from surveys.outcomes.filters import Filters
from surveys.outcomes.look import Look, protocol_rules
from surveys.outcomes.notices import notices
from surveys.outcomes.rate import Rate
from surveys.outcomes.sections import SECTIONS, Section, scales_of
from surveys.outcomes.words import rule_words, timepoint_words
from surveys.protocols.model import Protocol


def unsaid(_figure: Figure) -> str:
    """Where plans are not looked at: several clinics at once."""
    return ""


@dataclass(frozen=True)
class Dashboard:
    """A look at a cohort and the parts of the page that are shown; a figure is built when it is asked for.

    ``standing``: says of a figure whether it was planned.
    """

    look: Look
    sections: tuple[Section, ...]
    standing: Callable[[Figure], str] = unsaid

    @property
    def protocol(self) -> Protocol:
        """What everyone follows."""
        return self.look.protocol

    @property
    def rule(self) -> Rule:
        """The rule in charge."""
        return self.look.rule

    @property
    def filters_words(self) -> str:
        """The choice of patients as a sentence."""
        return words(self.look.cohort.filters, self.protocol)

    @property
    def enrolled(self) -> int:
        """How many are looked at."""
        return self.look.enrolled

    @property
    def as_of(self) -> datetime:
        """The moment of the data."""
        return self.look.cohort.now

    @property
    def focus(self) -> str:
        """The timepoint of the headline and of the distribution."""
        return timepoint_words(self.look.focus)

    @property
    def headline_rule(self) -> str:
        """The rule in charge in words."""
        return rule_words(self.look.rule)

    @cached_property
    def headline(self) -> tuple[Rate, ...]:
        """A rate per arm."""
        return tuple(rate for rate in self.look.rates if rate.timepoint == self.look.focus.code)

    @property
    def withheld(self) -> tuple[str, ...]:
        """Arms that are not shown because somebody could be singled out."""
        return tuple(self.protocol.arm(code).label for code in self.look.cohort.withheld_arms())

    @cached_property
    def notices(self) -> list[str]:
        """What has to be said before the figures."""
        return notices(self.look)

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """Every figure of the parts that are shown; of one patient nothing is drawn."""
        drawn = (figure for section in self.sections for figure in section.build(self.look))
        built = (replace(figure, standing=self.standing(figure)) for figure in drawn)
        if self.enrolled == 1:
            return tuple(replace(figure, chart=None, why_not=self.notices[-1]) for figure in built)
        return tuple(built)

    def figure(self, code: str) -> Figure | None:
        """The figure of a code, or None."""
        return next((figure for figure in self.figures if figure.code == code), None)


def build(session: Session, protocol: Protocol, filters: Filters, *, now: datetime) -> Dashboard:
    """Everything there is to see by the protocol's first rule."""
    return describe(read(session, protocol, filters, now=now))


def read(
    session: Session,
    protocol: Protocol,
    filters: Filters,
    rule: Rule | None = None,
    sections: Sequence[Section] = SECTIONS,
    *,
    now: datetime,
) -> Cohort:
    """Read what the figures of some parts are counted from, all of them where none are named."""
    rules = [*([rule] if rule else []), *protocol_rules(protocol)]
    scales = scales_of(sections, [each.scale for each in rules], protocol.instruments)
    cohort = load_cohort(session, protocol, filters, scales, now=now)
    return with_facts(session, cohort) if any(section.facts for section in sections) else cohort


def describe(cohort: Cohort, rule: Rule | None = None, sections: Sequence[Section] = SECTIONS) -> Dashboard:
    """See what was read, of one clinic or of several, by a rule; the protocol's first where none is named."""
    return Dashboard(Look(cohort, rule or protocol_rules(cohort.protocol)[0]), tuple(sections))
