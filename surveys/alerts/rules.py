"""What raises an alert, as a clinic has chosen it, and what is offered where it has not chosen yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any

from scoring.deterioration import Deterioration
from scoring.individual import Amount
from scoring.instrument import find_scale

SCALES = (
    "odi",
    "nrs_active",
    "nrs_resting",
    "nrs_back",
    "nrs_leg",
    "eq5d3l_index",
    "eq_vas",
    "gph_t",
    "gmh_t",
    "functionality",
)
BORROWED: Mapping[str, str] = MappingProxyType({"nrs_active": "nrs_back", "nrs_resting": "nrs_back"})
RED_FLAGS = "red_flags"  # the instrument
EXTREME = ("eq5d3l", "anxiety_depression", 3)  # instrument, item, level


@dataclass(frozen=True)
class Rules:
    """Deterioration by scale; whether a yes to a red flag, and extreme anxiety or depression, raise one."""

    deterioration: tuple[Deterioration, ...] = ()
    red_flag: bool = False
    anxiety_depression: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing would ever be raised."""
        return not (self.deterioration or self.red_flag or self.anxiety_depression)

    def by_scale(self) -> dict[str, Deterioration]:
        """The rule of each scale that has one."""
        return {rule.scale: rule for rule in self.deterioration}

    def kept(self) -> dict[str, Any]:
        """The rules as a row keeps them; an amount in its decimals."""
        worse = {
            rule.scale: {"worse": str(rule.worse.value), "source": rule.worse.source} for rule in self.deterioration
        }
        return {
            "deterioration": worse,
            "red_flag": self.red_flag,
            "anxiety_depression": self.anxiety_depression,
        }


def read_rules(kept: Mapping[str, Any]) -> Rules:
    """Read what ``Rules.kept`` wrote."""
    worse = kept.get("deterioration", {})
    return Rules(
        tuple(_read(scale, worse[scale]) for scale in SCALES if scale in worse),
        red_flag=bool(kept.get("red_flag")),
        anxiety_depression=bool(kept.get("anxiety_depression")),
    )


def _read(scale: str, kept: Mapping[str, str]) -> Deterioration:
    return Deterioration(scale, Amount(Decimal(kept["worse"]), kept["source"]))


@cache
def offered() -> Rules:
    """What the form begins with: per scale the smallest detectable change, as far as one was published.

    A worsening below it may be measurement error. That it is also the deterioration that counts is not known (L):
    a default, for the clinic to confirm or replace. Pain at rest and when active borrow back pain's.
    """
    return Rules(tuple(filter(None, map(_offered, SCALES))), red_flag=True, anxiety_depression=True)


def _offered(scale: str) -> Deterioration | None:
    lender = BORROWED.get(scale, scale)
    for threshold in find_scale(lender).thresholds:
        if threshold.role == "sdc" and threshold.unit == "points":
            whose = "" if lender == scale else " of back pain"
            source = f"smallest detectable change{whose}, {threshold.source}; default"
            return Deterioration(scale, Amount(Decimal(f"{threshold.value:g}"), source))
    return None
