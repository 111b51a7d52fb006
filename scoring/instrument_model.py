"""What an instrument is: items, scales and thresholds, frozen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ItemKind = Literal["choice", "number", "boolean"]
Direction = Literal["higher_is_worse", "higher_is_better", "none"]
Unit = Literal["points", "percent_of_baseline"]
Role = Literal["mic", "sdc", "responder"]
Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class Item:
    """One question. Answers are whole numbers from ``minimum`` to ``maximum``, both included."""

    code: str
    label: str  # neutral name of the topic, never the sentence a patient reads
    kind: ItemKind
    minimum: int
    maximum: int
    recall: str
    skippable: bool  # unanswered is expected often enough that nobody is asked why
    optional: bool  # a protocol or a spreadsheet may leave the whole item out
    level_names: tuple[str, ...]
    codes: Mapping[str, str]

    @property
    def levels(self) -> tuple[int, ...]:
        """Every allowed answer, ascending."""
        return tuple(range(self.minimum, self.maximum + 1))


@dataclass(frozen=True, slots=True)
class Threshold:
    """A published value for a difference that matters or can be measured, with where it comes from.

    ``low`` confidence: widely quoted but not confirmed; offered as a setting, not as a fact.
    """

    value: float
    unit: Unit
    role: Role
    source: str
    population: str
    method: str
    instrument_version: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Scale:
    """One number that scoring produces. ``none`` as direction: neither end is better, so no change.

    ``threshold_note``: why a scale has no preset although the literature speaks of one; else empty.
    """

    code: str
    label: str
    minimum: float
    maximum: float
    unit: str
    direction: Direction
    missing: str  # the missing rule in words
    rule_version: str
    needs_value_set: bool
    codes: Mapping[str, str]
    thresholds: tuple[Threshold, ...]
    threshold_note: str = ""

    @property
    def best(self) -> float:
        """The best end of the scale."""
        return self.minimum if self.direction == "higher_is_worse" else self.maximum

    @property
    def worst(self) -> float:
        """The worst end of the scale."""
        return self.maximum if self.direction == "higher_is_worse" else self.minimum


@dataclass(frozen=True, slots=True)
class Instrument:
    """One questionnaire. ``max_missing``: unanswered items beyond which there is no score."""

    code: str
    name: str
    version: str
    licence: str
    needs_licence: bool  # production shows it only with licensed wording
    validated: bool
    recall: str
    max_missing: int
    codes: Mapping[str, str]
    items: tuple[Item, ...]
    scales: tuple[Scale, ...]

    def item(self, code: str) -> Item:
        """Look an item up by its code; ``KeyError`` where there is none."""
        return {item.code: item for item in self.items}[code]

    def scale(self, code: str) -> Scale:
        """Look a scale up by its code; ``KeyError`` where there is none."""
        return {scale.code: scale for scale in self.scales}[code]
