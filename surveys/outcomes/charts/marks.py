"""What charts are drawn from."""

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


@dataclass(frozen=True, slots=True)
class Fall:
    """One patient's improvement among ``of`` of the arm, ``rank`` 1 for the largest; negative is worse.

    ``met``: whether the rule in charge is met, None where it cannot be judged. ``evaluable`` and ``responders``: of
    the whole arm.
    """

    arm: str
    label: str
    rank: int
    change: float
    met: bool | None
    of: int
    evaluable: int
    responders: int


@dataclass(frozen=True, slots=True)
class Stack:
    """One arm's answers under the heading ``under``: ``counts`` per level, the best level first.

    ``words``: the line above the bar, in full and for a phone.
    """

    under: str
    counts: tuple[int, ...]
    words: tuple[str, str]
