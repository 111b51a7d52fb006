"""One protocol's page: the headline, then its figures, all from one cohort."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from scoring.instrument import load_instruments
from scoring.responder import Rule
from surveys.outcomes.cohort import Cohort, load_cohort
from surveys.outcomes.figure import Figure
from surveys.outcomes.figures import distribution_figure, funnel_figure, means_figure, rates_figure
from surveys.outcomes.filter_words import words
from surveys.outcomes.filters import Filters
from surveys.outcomes.rate import Rate, rate_of
from surveys.outcomes.words import rule_words, timepoint_words
from surveys.protocols.model import Protocol, Timepoint


@dataclass(frozen=True, slots=True)
class Dashboard:
    """``focus``: the timepoint of the headline and of the distribution; ``headline``: a rate per arm.

    ``withheld``: arms that are not shown because somebody could be singled out.
    """

    protocol: Protocol
    filters_words: str
    enrolled: int
    as_of: datetime
    focus: str
    headline_rule: str
    headline: tuple[Rate, ...]
    figures: tuple[Figure, ...]
    withheld: tuple[str, ...] = ()

    def figure(self, code: str) -> Figure | None:
        """The figure of a code, or None."""
        return next((figure for figure in self.figures if figure.code == code), None)


def build(session: Session, protocol: Protocol, filters: Filters, *, now: datetime) -> Dashboard:
    """Count, judge and describe; nothing is drawn until a figure is asked for its drawing."""
    return describe(read(session, protocol, filters, now=now))


def read(session: Session, protocol: Protocol, filters: Filters, *, now: datetime) -> Cohort:
    """Read what the protocol's figures are counted from."""
    return load_cohort(session, protocol, filters, sorted({rule.scale for rule in _rules(protocol)}), now=now)


def describe(cohort: Cohort) -> Dashboard:
    """Count and judge what was read, of one clinic or of several."""
    protocol, rules = cohort.protocol, _rules(cohort.protocol)
    rates = {rule.text: _rates(cohort, rule) for rule in rules}
    focus = _focus(cohort, rates[rules[0].text])
    return Dashboard(
        protocol=protocol,
        filters_words=words(cohort.filters, protocol),
        enrolled=len([arm for arm in cohort.arms if arm in cohort.shown_arms()]),
        as_of=cohort.now,
        focus=timepoint_words(protocol.timepoint(focus)),
        headline_rule=rule_words(rules[0]),
        headline=tuple(rate for rate in rates[rules[0].text] if rate.timepoint == focus),
        figures=_figures(cohort, rules, rates, focus),
        withheld=tuple(protocol.arm(code).label for code in cohort.withheld_arms()),
    )


def _rules(protocol: Protocol) -> list[Rule]:
    return [Rule.parse(text, value_set=protocol.value_set) for text in protocol.rules]


def _rates(cohort: Cohort, rule: Rule) -> list[Rate]:
    return [rate_of(cohort, rule, arm, timepoint) for timepoint in _asked(cohort, rule) for arm in cohort.shown_arms()]


def _asked(cohort: Cohort, rule: Rule) -> list[Timepoint]:
    """Follow-ups that ask the rule's scale and that anybody has been planned for."""
    chosen = cohort.filters.timepoint
    return [
        timepoint
        for timepoint in cohort.protocol.timepoints
        if not timepoint.is_baseline
        and chosen in (None, timepoint.code)
        and (timepoint.code in cohort.standings or chosen)
        and _asks(timepoint, rule.scale)
    ]


def _asks(timepoint: Timepoint, scale: str) -> bool:
    instruments = load_instruments()
    return any(scale in {own.code for own in instruments[entry.instrument].scales} for entry in timepoint.battery)


def _focus(cohort: Cohort, rates: list[Rate]) -> str:
    """The timepoint chosen, else the protocol's primary one, else the latest at which anyone can be judged."""
    judged = [rate.timepoint for rate in rates if rate.evaluable]
    if cohort.filters.timepoint:
        return cohort.filters.timepoint
    primary = cohort.protocol.primary
    return primary if primary in judged or not judged else judged[-1]


def _figures(cohort: Cohort, rules: list[Rule], rates: dict[str, list[Rate]], focus: str) -> tuple[Figure, ...]:
    """The first rule's picture first, then means, then what remains, then the funnel."""
    in_points = [rule for rule in rules if not rule.percent]
    scales = dict.fromkeys((rule.scale, rule.value_set) for rule in rules)
    bars = [rates_figure(cohort, rule, at, rates[rule.text]) for at, rule in enumerate(rules, start=1)]
    means = [means_figure(cohort, *scale) for scale in scales]
    shares = {rule.scale: distribution_figure(cohort, rule, focus) for rule in reversed(in_points)}
    first = [bars[0], means[0], *([shares[rules[0].scale]] if rules[0].scale in shares else [])]
    rest = [figure for figure in (*bars, *means) if figure not in first]
    return (*first, *rest, funnel_figure(cohort))
