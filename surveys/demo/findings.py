"""Diagnoses, doses and clinicians of synthetic patients, drawn apart from their answers, which stay as they are."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from surveys.demo.lives import Wish

DIAGNOSES: Mapping[str, tuple[str, ...]] = MappingProxyType(  # ICD-10 by where the pain comes from
    {
        "disc_herniation": ("M51.1", "M51.1", "M51.2"),
        "annular_tear": ("M51.8", "M51.2"),
        "bulge": ("M51.2",),
        "degeneration": ("M51.3", "M51.3", "M47.8"),
        "stenosis": ("M48.0",),
        "facet": ("M47.8", "M47.8", "M54.5"),
        "si_joint": ("M53.3",),
        "muscle_or_ligament": ("M54.5", "S33.5"),
    }
)
COUNTED = frozenset({"bone_marrow_concentrate", "cultured_cells"})  # products whose cells are counted
CLINICIANS = 3
GOALS = (
    "Walk to the market and back without a rest",
    "Play on the floor with my grandchildren",
    "Sit through a whole film",
    "Work a full day in the garden",
    "Sleep through the night",
)
RATED_AFTER = (5, 95, 190, 370)  # days from the treatment, at the calls about questionnaires


@dataclass(frozen=True)
class Findings:
    """What the clinic found and gave; names as in ``Life``."""

    diagnosis: str
    doses: tuple[float | None, ...]
    clinician: int


def findings(chart_number: str, pain_generator: str, products: Sequence[str], *, gain: float = 0) -> Findings:
    """Return the same for the same patient, whatever else is drawn.

    ``gain``: improvement of the ODI in points; the synthetic doses rise with it, so that a dose-response has a slope.
    """
    rng = random.Random(f"findings {chart_number}")  # noqa: S311 - not for secrets
    drawn = [(product, rng.lognormvariate(6.0 + gain / 60, 0.45)) for product in products]
    doses = tuple(float(round(dose)) if product in COUNTED else None for product, dose in drawn)
    return Findings(rng.choice(DIAGNOSES[pain_generator]), doses, rng.randrange(CLINICIANS))


def wish(chart_number: str, treated_on: date, gain: float) -> Wish:
    """Return a goal with its ratings, which follow the improvement of the ODI."""
    rng = random.Random(f"wish {chart_number}")  # noqa: S311 - not for secrets
    shares = (0.1, 0.7, 1.0, 1.0)
    rated = [max(0, min(10, round(2 + gain * share / 4 + rng.gauss(0, 0.7)))) for share in shares]
    days = [treated_on + timedelta(days=days) for days in RATED_AFTER]
    return Wish(rng.choice(GOALS), tuple(zip(days, rated, strict=True)))
