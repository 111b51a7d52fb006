"""What happens to one synthetic patient, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from scoring.opioids import Prescription

Levels = Mapping[str, Mapping[str, int]]  # instrument code → item code → level


@dataclass(frozen=True)
class Reply:
    """Answers at one timepoint, so many days after the visit opened; ``send`` False leaves the visit unsent."""

    levels: Levels
    days_after_opening: int = 1
    send: bool = True
    mode: str = "self"


@dataclass(frozen=True)
class Wish:
    """What the patient wants to be able to do again, and how far that was reached (0 to 10), on which day."""

    words: str
    ratings: tuple[tuple[date, int], ...]


@dataclass(frozen=True)
class Harm:
    """An adverse event; codes as in ``surveys.pathway.adverse``, ``serious`` "yes" or "no"."""

    on_date: date
    severity: int
    event: str
    serious: str
    related: str


@dataclass(frozen=True)
class Life:
    """One patient from enrolment on. ``treatments``: (date, product); ``ending``: (kind, date).

    ``doses``: million total nucleated cells of each treatment, None where there is none to count.
    ``opioids``: a day without a drug is one on which none is taken; no day at all: nobody asked.
    ``clinician``: who of the clinic's clinicians treats, as a place from 0.
    """

    chart_number: str
    arm: str
    pain_generator: str
    enrolled_on: date
    treatments: tuple[tuple[date, str], ...]
    replies: Mapping[str, Reply]  # by timepoint code
    age: int
    sex: str
    bmi: float | None = None
    opioid_use: bool | None = None
    smoking: bool | None = None
    language: str = "en"
    ending: tuple[str, date] | None = None
    operation_on: date | None = None
    diagnosis: str | None = None  # ICD-10
    doses: tuple[float | None, ...] = ()
    clinician: int | None = None
    goal: Wish | None = None
    harms: tuple[Harm, ...] = ()
    opioids: tuple[tuple[date, tuple[Prescription, ...]], ...] = ()  # what is said to be taken, by day
