"""What charts are drawn from; kept apart from the charts, which load the chart library."""

from __future__ import annotations

from dataclasses import dataclass

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Bar:
    """``k`` of ``n`` under the heading ``under``; ``colour``: a place among the house's colours.

    ``interval`` and ``envelope``, lowest and highest with the missing counted in, are fractions, or None.
    ``pooled``: the rate over imputed data sets, where ``k`` is no count of patients.
    """

    under: str
    label: str
    k: int
    n: int
    colour: int
    interval: Interval | None
    envelope: Interval | None = None
    pooled: float | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval under the heading ``under``; ``words``: both, as the chart prints them."""

    under: str
    label: str
    value: float
    interval: Interval | None
    words: str
    colour: int = 0


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One step of an arm's curve: ``share`` from ``months`` on."""

    arm: str
    label: str
    months: float
    share: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class AtRisk:
    """How many of an arm are still followed at a time."""

    label: str
    months: float
    n: int
