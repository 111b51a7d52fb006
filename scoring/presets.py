"""Published thresholds as responder rules."""

from dataclasses import dataclass
from decimal import Decimal

from scoring.instrument import Scale, Threshold, find_scale
from scoring.responder import Rule

RESPONDER_ROLES = ("mic", "responder")


@dataclass(frozen=True, slots=True)
class Preset:
    """A rule with the threshold it was made of: source, population, method, version and confidence."""

    rule: Rule
    threshold: Threshold

    @property
    def text(self) -> str:
        """The rule with its source, as a table prints it."""
        return f"{self.rule.text} ({self.threshold.source}; {self.threshold.population})"


def presets(scale: str, value_set: str | None = None) -> tuple[Preset, ...]:
    """Every published threshold of a scale as a rule ``change >= threshold``, none where there are none.

    Smallest detectable changes are no presets: they tell measurement error, not importance. ``value_set`` is needed
    for the EQ-5D index and refused elsewhere. Raises ScoringError on an unknown scale.

    >>> [preset.rule.text for preset in presets("odi")][:2]
    ['odi change >= 10', 'odi change >= 30%']
    """
    found = find_scale(scale)
    return tuple(
        Preset(_rule(found, threshold, value_set), threshold)
        for threshold in found.thresholds
        if threshold.role in RESPONDER_ROLES
    )


def _rule(scale: Scale, threshold: Threshold, value_set: str | None) -> Rule:
    """The printed decimal, not its binary neighbour."""
    amount, percent = Decimal(repr(threshold.value)), threshold.unit == "percent_of_baseline"
    return Rule(scale.code, ">=", amount, percent=percent, value_set=value_set)
