"""What a kind of claim finds in the rows; the frame around it is the same for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from scoring.two_arms import Proportion
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.specification import Specification
from surveys.outcomes.claims.words import DASH, decimal, percent, span


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts under their headings."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One rate: of whom, when, k of n."""

    arm: str
    timepoint: str
    share: Proportion

    def kept(self) -> dict[str, object]:
        """As the result keeps it; rate and interval in per cent with one digit, as texts."""
        low, high = self.share.wilson or (None, None)
        limits = {"low": decimal(low and 100 * low), "high": decimal(high and 100 * high)}
        rate = self.share.rate
        known = {"k": self.share.responders, "n": self.share.n, "rate": decimal(None if rate is None else 100 * rate)}
        return {"arm": self.arm, "timepoint": self.timepoint, **known, **limits}


@dataclass(frozen=True, slots=True)
class Found:
    """``statement``: one sentence or two, ending in a full stop; ``method``: what was done, as sentences.

    ``tables``: the first has every scheduled timepoint and every arm. ``notes``: what has to be said beside it.
    """

    statement: str
    method: str
    tables: Sequence[Table]
    figures: Sequence[Figure] = ()
    notes: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the kinds of statement that clinics publish.

    ``asks``: what has to be chosen beside the cohort: rule, timepoint, scale, scales, patient. ``scales``: read
    whatever is chosen. ``facts``: columns of an episode that it needs. ``compares``: whether it sets arms against
    each other. ``imputes``: whether its rates can be pooled over imputed data sets. ``at_timepoint``: whether it says
    nothing without an answer at its timepoint. ``domain``: what is measured, for the methods.
    """

    code: str
    title: str
    domain: str
    asks: frozenset[str]
    find: Callable[[Specification, Frame], Found]
    scales: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    compares: bool = False
    imputes: bool = False
    at_timepoint: bool = True


class ClaimError(ValueError):
    """A claim that cannot be made; says why and what would help."""


RATE_COLUMNS = ("k/n", "rate", "95 % interval (Wilson)")


def rate_cells(share: Proportion) -> tuple[str, ...]:
    """A rate under ``RATE_COLUMNS``; of nobody there is none."""
    if not share.n:
        return (DASH,) * 3
    limits = span(share.wilson, scale=100, digits=1)
    return f"{share.responders}/{share.n}", percent(share.rate, 1), limits + (" %" if share.wilson else "")
