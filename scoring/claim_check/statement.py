"""A published sentence taken apart: what it says, as data. What it does not say is empty."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Share:
    """A percentage as printed, so that its decimals tell how it was rounded; ``count`` of ``of`` where they stand."""

    percent: Decimal
    count: int | None = None
    of: int | None = None

    @property
    def text(self) -> str:
        """The share as a sentence prints it."""
        counted = "" if self.of is None else f" ({self.count}/{self.of})"
        return f"{self.percent} %{counted}"


@dataclass(frozen=True, slots=True)
class Threshold:
    """From where on somebody counts. ``operator``: ``>=``, ``>`` or empty where the sentence does not say."""

    value: Decimal
    percent: bool = False
    operator: str = ""

    @property
    def text(self) -> str:
        """The threshold as a sentence prints it."""
        return f"{self.operator} {self.value} {'%' if self.percent else 'points'}".strip()


@dataclass(frozen=True, slots=True)
class Time:
    """How long after the treatment: a number of days, weeks, months or years."""

    number: Decimal
    unit: str

    @property
    def months(self) -> float:
        """The same in months."""
        return float(self.number) * {"days": 12 / 365.25, "weeks": 84 / 365.25, "months": 1, "years": 12}[self.unit]

    @property
    def text(self) -> str:
        """The time as a sentence prints it."""
        return f"{self.number} {self.unit}"


@dataclass(frozen=True, slots=True)
class Change:
    """Values before and after, as printed: ``1, 5, 33/40 → 0, 0, 39/40``."""

    before: tuple[Decimal, ...]
    after: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """The parts. ``sizes``: group sizes that stand beside the percentages; ``measures``: codes of ``measures``."""

    text: str = ""
    shares: tuple[Share, ...] = ()
    sizes: tuple[int, ...] = ()
    measures: tuple[str, ...] = ()
    threshold: Threshold | None = None
    times: tuple[Time, ...] = ()
    window: str = ""
    arms: str = ""  # what is compared with what
    randomised: bool | None = None
    interval: tuple[Decimal, Decimal] | None = None
    missing: str = ""  # how missing answers were dealt with
    anchor: str = ""  # the words of a global rating that were counted
    changes: tuple[Change, ...] = ()
