"""One cohort seen through one rule: what a page's figures are drawn from, each rate judged once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from scoring.instrument import load_instruments
from scoring.responder import Rule
from surveys.outcomes.cohort import Cohort
from surveys.outcomes.rate import Rate, rate_of
from surveys.protocols.model import Arm, BatteryEntry, Protocol, Timepoint


@dataclass(frozen=True)
class Look:
    """``rule``: the one in charge, one of the protocol's or the reader's own."""

    cohort: Cohort
    rule: Rule

    @property
    def protocol(self) -> Protocol:
        """The protocol that everyone follows."""
        return self.cohort.protocol

    @property
    def key(self) -> tuple[str, str | None]:
        """The scale of the rule with its value set."""
        return self.rule.scale, self.rule.value_set

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rule in charge, then the protocol's others."""
        return (self.rule, *(rule for rule in protocol_rules(self.protocol) if rule.text != self.rule.text))

    @cached_property
    def arms(self) -> tuple[str, ...]:
        """The arms that are looked at and that anybody is in."""
        return tuple(code for code in self.cohort.shown_arms() if self.cohort.per_arm.get(code))

    @cached_property
    def reference(self) -> Arm | None:
        """The arm that others are compared with: the conventional one, else the last; None where there is one arm."""
        there = [self.protocol.arm(code) for code in self.arms]
        if len(there) < 2:
            return None
        return next((arm for arm in there if arm.conventional), there[-1])

    @cached_property
    def treated(self) -> tuple[Arm, ...]:
        """The arms that are compared with the reference."""
        reference = self.reference
        return tuple(self.protocol.arm(code) for code in self.arms if reference and code != reference.code)

    @cached_property
    def enrolled(self) -> int:
        """How many are looked at."""
        return sum(self.cohort.per_arm.get(code, 0) for code in self.cohort.shown_arms())

    @cached_property
    def rates(self) -> tuple[Rate, ...]:
        """Every rate by the rule in charge."""
        return self.rates_by(self.rule)

    def rates_by(self, rule: Rule) -> tuple[Rate, ...]:
        """A rate per follow-up that asks the rule's scale, and arm."""
        arms = self.cohort.shown_arms()
        return tuple(rate_of(self.cohort, rule, arm, timepoint) for timepoint in self.asked(rule) for arm in arms)

    def asked(self, rule: Rule) -> tuple[Timepoint, ...]:
        """Follow-ups that ask the rule's scale and that anybody has been planned for."""
        return tuple(point for point in self.planned if asks(point, rule.scale))

    @cached_property
    def planned(self) -> tuple[Timepoint, ...]:
        """Follow-ups at which somebody answered or a window is over, all while there is none; or the chosen one."""
        return tuple(point for point in self._ever_planned if point not in self.waiting)

    @cached_property
    def waiting(self) -> tuple[Timepoint, ...]:
        """Follow-ups that were planned and would be rows of nobody: no window is over, and nobody answered early."""
        ever = self._ever_planned
        over = [point for point in ever if self._is_over(point.code)]
        return tuple(point for point in ever if over and point not in over)

    def _is_over(self, timepoint: str) -> bool:
        standing = self.cohort.by_visit(timepoint).standing(timepoint)
        return bool((standing.closed | standing.finished).any())

    @cached_property
    def _ever_planned(self) -> tuple[Timepoint, ...]:
        chosen = self.cohort.filters.timepoint
        return tuple(
            timepoint
            for timepoint in self.protocol.timepoints
            if not timepoint.is_baseline
            and chosen in (None, timepoint.code)
            and (timepoint.code in self.cohort.standings or chosen)
        )

    @cached_property
    def focus(self) -> Timepoint:
        """The timepoint chosen, else the protocol's primary one, else the latest at which anyone can be judged."""
        judged = [rate.timepoint for rate in self.rates if rate.evaluable]
        chosen, primary = self.cohort.filters.timepoint, self.protocol.primary
        return self.protocol.timepoint(chosen or (primary if primary in judged or not judged else judged[-1]))


def protocol_rules(protocol: Protocol) -> list[Rule]:
    """The protocol's rules, its first one first."""
    return [Rule.parse(text, value_set=protocol.value_set) for text in protocol.rules]


def asks(timepoint: Timepoint, scale: str) -> bool:
    """Whether the battery of a timepoint has the scale, and the item behind it where the scale is one item's."""
    return any(_gives(entry, scale) for entry in timepoint.battery)


def _gives(entry: BatteryEntry, scale: str) -> bool:
    instrument = load_instruments()[entry.instrument]
    own = {item.code for item in instrument.items if scale in (item.code, f"nrs_{item.code}")}
    return scale in {each.code for each in instrument.scales} and (not own or bool(own & set(entry.items)))
