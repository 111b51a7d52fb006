"""The arms against each other at the look's timepoint, in one line: difference in rates and in means."""

from __future__ import annotations

from dataclasses import dataclass

from scoring.effect import MeanDifference
from scoring.instrument import find_scale
from scoring.two_arms import Proportion, newcombe
from surveys.outcomes.figures.difference import compared_at
from surveys.outcomes.figures.parts import between, signed
from surveys.outcomes.look import Look
from surveys.outcomes.rate import Rate
from surveys.outcomes.words import digits_of

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Contrast:
    """One arm minus the reference. ``difference``: of the rates, a fraction, with Newcombe's interval.

    ``change``: of mean improvement in the unit of the scale, with Welch's interval; positive is better; printed with
    ``digits`` decimals.
    """

    own: Rate
    reference: Rate
    difference: float
    interval: Interval | None
    change: MeanDifference
    digits: int

    @property
    def points(self) -> str:
        """The difference in rates, in percentage points."""
        return signed(100 * self.difference, 0)

    @property
    def ends(self) -> str:
        """The ends of its interval."""
        return between(self.interval, 0, scale=100)

    @property
    def mean(self) -> str:
        """The difference in mean improvement, or a dash."""
        found = self.change.difference
        return "–" if found is None else signed(found, self.digits)

    @property
    def mean_ends(self) -> str:
        """The ends of its interval."""
        return between(self.change.interval, self.digits)


def contrasts(look: Look) -> tuple[Contrast, ...]:
    """Every arm against the reference; none where either has nobody to judge."""
    reference = look.reference
    rates = {rate.arm: rate for rate in look.rates if rate.timepoint == look.focus.code and rate.evaluable}
    if reference is None or reference.code not in rates:
        return ()
    other = rates[reference.code]
    return tuple(_contrast(look, rates[arm.code], other) for arm in look.treated if arm.code in rates)


def _contrast(look: Look, own: Rate, other: Rate) -> Contrast:
    interval = newcombe(Proportion(own.responders, own.evaluable), Proportion(other.responders, other.evaluable))
    difference = own.responders / own.evaluable - other.responders / other.evaluable
    change = compared_at(look, look.focus.code, own.arm, other.arm)
    return Contrast(own, other, difference, interval, change, digits_of(find_scale(look.rule.scale)))
