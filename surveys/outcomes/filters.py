"""What a reader chose to look at: one protocol, and within it the patients that every figure is counted from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Filters:
    """A choice; None is everybody. Of a span both ends are included, and one may be open.

    ``fewest``: an arm of fewer patients, but not of none, is kept from a reader who may not single anybody out.
    """

    protocol: str
    arm: str | None = None
    timepoint: str | None = None  # chooses among figures and keeps every episode
    diagnosis: str | None = None  # an ICD-10 code, or the beginning of one
    pain_generator: str | None = None
    product: str | None = None  # given in any treatment that was done
    dose_from: float | None = None  # million total nucleated cells, of the first treatment done
    dose_to: float | None = None
    age_from: int | None = None  # years at enrolment
    age_to: int | None = None
    sex: str | None = None
    bmi_from: float | None = None  # kg/m² at enrolment
    bmi_to: float | None = None
    opioid_use: bool | None = None  # at enrolment
    clinician: UUID | None = None
    nth: int | None = None  # at least so many treatments were done
    mode: str | None = None  # counts the answers alone that were given in this way
    enrolled_from: date | None = None
    enrolled_to: date | None = None
    fewest: int = 0
    permitted: str | None = None  # a consent's kind: only patients who gave it are counted
