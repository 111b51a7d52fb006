"""A responder endpoint: a rule, when and in whom it is read, and what happens to gaps and to other events."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal, cast, get_args

from scoring.errors import RuleError
from scoring.missing import METHODS, Method
from scoring.responder import Rule

Strategy = Literal["treatment_policy", "composite", "while_on_treatment"]
Event = Literal["surgery", "further_treatment", "rescue_injection", "death"]
Population = Literal["expected", "enrolled", "treated"]
MissingMethod = Method | Literal["multiple_imputation"]

STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
EVENTS: tuple[Event, ...] = get_args(Event)
POPULATIONS: dict[Population, str] = {
    "expected": "enrolled patients whose window has closed, the withdrawn included, the dead without an answer not",
    "enrolled": "every enrolled patient, whose window is open or closed",
    "treated": "patients who had the first treatment, by the arm they were enrolled in",
}
MISSING_METHODS: tuple[str, ...] = (*METHODS, "multiple_imputation")

ENDPOINT_VERSION = "endpoint-1"
_TEXT = re.compile(
    r"(?P<rule>.+) at (?P<timepoint>[a-z][a-z0-9_]*), window -(?P<before>\d{1,4}) to \+(?P<after>\d{1,4}) days, "
    r"population (?P<population>\w+), missing (?P<missing>\w+), (?P<events>[\w ,]+)"
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Everything that settles whether a patient is a responder.

    ``window``: days before and after the due day in which an answer counts. ``strategies``: one per event, each named,
    for there is no neutral choice. ``missing`` decides about patients without follow-up. Two endpoints with one
    ``hash`` judge alike.
    """

    rule: Rule
    timepoint: str
    window: tuple[int, int]
    population: Population
    missing: MissingMethod
    strategies: tuple[tuple[Event, Strategy], ...]
    version: str = ENDPOINT_VERSION

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.timepoint):
            raise RuleError(f"{self.timepoint!r} is no timepoint code; one reads like m12.")
        if min(self.window) < 0:
            raise RuleError("A window is given in days before and after the due day, both 0 or more.")
        _check_word(self.population, tuple(POPULATIONS), "population")
        _check_word(self.missing, MISSING_METHODS, "missing-data method")
        self._check_strategies()

    @classmethod
    def parse(cls, text: str) -> "Endpoint":
        """Read an endpoint as ``text`` prints it.

        >>> endpoint = Endpoint.parse(
        ...     "odi change >= 10 at m12, window -30 to +60 days, population expected, missing non_responder, "
        ...     "surgery composite, further_treatment treatment_policy, rescue_injection composite, death composite"
        ... )
        >>> endpoint.strategy("surgery")
        'composite'
        """
        match = _TEXT.fullmatch(text.strip())
        pairs = [tuple(each.split()) for each in match["events"].split(",")] if match else []
        if match is None or any(len(pair) != 2 for pair in pairs):
            raise RuleError(f"{text!r} is no endpoint. One reads like: {EXAMPLE}")
        return cls(
            rule=Rule.parse(match["rule"]),
            timepoint=match["timepoint"],
            window=(int(match["before"]), int(match["after"])),
            population=cast("Population", match["population"]),
            missing=cast("MissingMethod", match["missing"]),
            strategies=tuple((cast("Event", event), cast("Strategy", strategy)) for event, strategy in pairs),
        )

    @property
    def text(self) -> str:
        """The endpoint as ``parse`` reads it and charts print it."""
        before, after = self.window
        events = ", ".join(f"{event} {self.strategy(event)}" for event in EVENTS)
        where = f"{self.rule.text} at {self.timepoint}, window -{before} to +{after} days"
        return f"{where}, population {self.population}, missing {self.missing}, {events}"

    @property
    def hash(self) -> str:
        """SHA-256 of versions and text."""
        return sha256(f"{self.version}\n{self.rule.version}\n{self.text}".encode()).hexdigest()

    def strategy(self, event: Event) -> Strategy:
        """What an event does to the verdict."""
        return dict(self.strategies)[event]

    def with_strategies(self, changed: Mapping[Event, Strategy]) -> "Endpoint":
        """The same endpoint with other strategies for some events."""
        merged = {**dict(self.strategies), **changed}
        return replace(self, strategies=tuple(merged.items()))

    def surgery_both_ways(self) -> "tuple[Endpoint, Endpoint]":
        """Composite and treatment policy for surgery, which are shown together."""
        return (
            self.with_strategies({"surgery": "composite"}),
            self.with_strategies({"surgery": "treatment_policy"}),
        )

    def _check_strategies(self) -> None:
        events = [event for event, _ in self.strategies]
        if sorted(events) != sorted(EVENTS):
            raise RuleError(f"An endpoint names one strategy for each of {', '.join(EVENTS)}; found: {events}.")
        for _, strategy in self.strategies:
            _check_word(strategy, STRATEGIES, "strategy")
        if self.strategy("death") == "treatment_policy":
            raise RuleError("After death there are no answers to use: composite or while_on_treatment.")


EXAMPLE = (
    "odi change >= 10 at m12, window -30 to +60 days, population expected, missing non_responder, surgery composite, "
    "further_treatment treatment_policy, rescue_injection composite, death composite"
)


def _check_word(word: str, allowed: tuple[str, ...], what: str) -> None:
    if word not in allowed:
        raise RuleError(f"{word!r} is no {what}. Allowed: {', '.join(allowed)}.")
