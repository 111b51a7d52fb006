"""One protocol's page: the headline, then its figures, all from one cohort."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from sqlalchemy.orm import Session

from scoring.instrument import find_scale
from scoring.means import mean_of_counts
from scoring.responder import Rule
from surveys.outcomes.cohort import Cohort
from surveys.outcomes.columns.serving import kept_cohort
from surveys.outcomes.distribution import changes
from surveys.outcomes.facts_queries import with_facts
from surveys.outcomes.figure import Figure
from surveys.outcomes.figures.parts import between, colour_of, signed
from surveys.outcomes.filter_words import words
from surveys.outcomes.filters import Filters
from surveys.outcomes.headline import Contrast, contrasts
from surveys.outcomes.look import Look, protocol_rules
from surveys.outcomes.notices import notices
from surveys.outcomes.rate import Rate
from surveys.outcomes.sections import SECTIONS, Section, scales_of
from surveys.outcomes.words import digits_of, rule_words, timepoint_words
from surveys.protocols.model import Protocol


def unsaid(_figure: Figure) -> str:
    """Where plans are not looked at: several clinics at once."""
    return ""


def whole(figure: Figure) -> Figure:
    """For readers of the clinic: every figure as it is."""
    return figure


@dataclass(frozen=True)
class Dashboard:
    """A look at a cohort and the parts of the page that are shown; a figure is built when it is asked for.

    ``standing``: says of a figure whether it was planned. ``screen``: keeps back what its reader may not see.
    """

    look: Look
    sections: tuple[Section, ...]
    standing: Callable[[Figure], str] = unsaid
    screen: Callable[[Figure], Figure] = whole

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

    def improvement(self, arm: str) -> str:
        """The mean improvement of an arm at that timepoint with its interval and number; a dash without anybody."""
        scale = find_scale(self.rule.scale)
        found = mean_of_counts(*changes(self.look.cohort, self.look.key, self.look.focus.code, arm))
        if found.mean is None:
            return "–"
        digits = digits_of(scale)
        return f"{signed(found.mean, digits)} ({between(found.interval, digits)}), n = {found.n}"

    def colour(self, arm: str) -> int:
        """The place of an arm's colour, in the headline as in every drawing."""
        return colour_of(self.look.cohort, arm)

    @cached_property
    def contrasts(self) -> tuple[Contrast, ...]:
        """The arms against each other at that timepoint; of one patient nothing is said."""
        return contrasts(self.look) if self.enrolled > 1 else ()

    @property
    def withheld(self) -> tuple[str, ...]:
        """Arms and timepoints that are not shown because somebody could be singled out."""
        cohort = self.look.cohort
        times = tuple(timepoint_words(self.protocol.timepoint(code)) for code in cohort.unsaid)
        return tuple(self.protocol.arm(code).label for code in cohort.withheld_arms()) + times

    @property
    def fewest(self) -> int:
        """How many patients a group needs to be shown."""
        return self.look.cohort.filters.fewest

    @cached_property
    def notices(self) -> list[str]:
        """What has to be said before the figures."""
        return notices(self.look)

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """Every figure of the parts that are shown; of one patient nothing is drawn."""
        drawn = (figure for section in self.sections for figure in section.build(self.look))
        built = (replace(self.screen(figure), standing=self.standing(figure)) for figure in drawn)
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
    cohort = kept_cohort(session, protocol, filters, scales, now=now)
    return with_facts(session, cohort) if any(section.facts for section in sections) else cohort


def describe(cohort: Cohort, rule: Rule | None = None, sections: Sequence[Section] = SECTIONS) -> Dashboard:
    """See what was read, of one clinic or of several, by a rule; the protocol's first where none is named."""
    return Dashboard(Look(cohort, rule or protocol_rules(cohort.protocol)[0]), tuple(sections))
