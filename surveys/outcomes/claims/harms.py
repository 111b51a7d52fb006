"""The line on harms that every claim carries: adverse events, with patients and time as denominators."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.proportions import upper_limit_zero
from scoring.types import BoolArray
from surveys.outcomes.claims import words
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.specification import Specification

YEAR = 365.25  # days


@dataclass(frozen=True, slots=True)
class Harms:
    """One arm: ``any`` of ``patients`` had an adverse event, ``severe`` one of grade 3 or more; ``years``: followed.

    ``patients``: who were treated, or decided for conventional care; nobody else could have had one. ``serious``:
    patients with an event that staff called so; where nobody said, it is not counted.
    """

    patients: int
    any: int
    severe: int
    serious: int
    events: int
    years: float

    @property
    def per_hundred(self) -> float | None:
        """Events per 100 patient-years; None where nobody was followed."""
        return 100 * self.events / self.years if self.years else None


def of_arm(frame: Frame, arm: str) -> Harms:
    """Count what staff recorded."""
    own = (frame.arm == arm) & treated(frame)
    events = frame.number("adverse")[own]
    affected, severe, serious = (int((frame.number(of)[own] > 0).sum()) for of in ("adverse", "severe", "serious"))
    days = float(np.nansum(frame.number("followed_days")[own]))
    return Harms(int(own.sum()), affected, severe, serious, int(np.nansum(events)), days / YEAR)


def treated(frame: Frame) -> BoolArray:
    """Who has been treated, or decided for conventional care: time runs from that day."""
    known: BoolArray = np.isfinite(frame.number("followed_days"))
    return known


def harms_line(specification: Specification, frame: Frame) -> str:
    """One sentence for all arms; none recorded is no proof of none."""
    said = [_words(of_arm(frame, arm.code), arm.label) for arm in specification.arms]
    return f"Adverse events recorded by staff since the first treatment or the decision: {'; '.join(said)}."


def _words(found: Harms, label: str) -> str:
    if not found.patients:
        return f"nobody treated yet in the arm {label}"
    years = f"in {words.decimal(found.years)} patient-years"
    if not found.any:
        upper = words.percent(upper_limit_zero(found.patients), 1)
        return f"none in {found.patients} patients {years} (up to {upper} may have had one) in the arm {label}"
    return (
        f"{found.events} in {found.any} of {found.patients} patients {years}, severe or worse in {found.severe}, "
        f"serious in {found.serious}, in the arm {label}"
    )
