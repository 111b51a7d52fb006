"""Which choices of patients a reader outside the clinic may make, so that no two of them differ by a few patients.

Ends of spans are few and fixed. A choice is answered for an arm where every combination of what it asks about, chosen
or not, holds nobody or ten: then so does every sum and difference of such choices.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from surveys.i18n import gettext as _
from surveys.models import Episode, Patient, ProtocolVersion, Treatment
from surveys.outcomes.filters import Filters
from surveys.outcomes.public.disclosure import SMALLEST
from surveys.people.counted import counted

Cells = Counter[tuple[str, Hashable]]  # patients by arm and combination
Ends = tuple[tuple[float, ...], tuple[float, ...]]
AGES: Ends = (50, 65), (49, 64)
MASSES: Ends = (25, 30), (24.9, 29.9)
MOST_TREATMENTS = 3


def _band(value: float | None, ends: Ends) -> tuple[bool, ...]:
    """Where a value lies between all ends that a span may have."""
    if value is None:
        return ()
    return (*(value >= low for low in ends[0]), *(value <= high for high in ends[1]))


KINDS: Mapping[str, Callable[[Row[Any]], Hashable]] = {
    "diagnosis": lambda row: (row.diagnosis or "")[:3],
    "pain_generator": lambda row: row.pain_generator,
    "product": lambda row: tuple(sorted(row.products or ())),
    "nth": lambda row: min(row.treatments or 0, MOST_TREATMENTS),
    "sex": lambda row: row.sex,
    "opioid_use": lambda row: row.opioid_use,
    "age": lambda row: _band(row.age, AGES),
    "bmi": lambda row: _band(row.bmi, MASSES),
    "enrolled": lambda row: row.enrolled_on.year,
}


def refused(filters: Filters) -> str | None:
    """Why a choice is too fine for a reader outside the clinic, as a sentence; None where it is not."""
    return next((sentence for sentence, wrong in _rules(filters) if wrong), None)


def _rules(filters: Filters) -> Iterable[tuple[str, bool]]:
    inside = (filters.clinician, filters.mode, filters.dose_from, filters.dose_to)
    yield (
        _("Outside the clinic nobody is chosen by clinician, dose or way of answering. Leave these out."),
        any(each is not None for each in inside),
    )
    yield (
        _("Outside the clinic ages begin at 50 or 65 and end at 49 or 64. Change them."),
        not _on(AGES, filters.age_from, filters.age_to),
    )
    yield (
        _("Outside the clinic the body mass index begins at 25 or 30 and ends at 24.9 or 29.9. Change it."),
        not _on(MASSES, filters.bmi_from, filters.bmi_to),
    )
    days = (filters.enrolled_from, (1, 1)), (filters.enrolled_to, (12, 31))
    yield (
        _("Outside the clinic enrolment is chosen by whole years: from 1 January to 31 December."),
        not all(_is_day(day, wanted) for day, wanted in days),
    )
    yield (
        _("Outside the clinic a diagnosis is chosen by its three first characters, such as M51."),
        (len(filters.diagnosis or "M51") != len("M51")),
    )
    yield (
        _("Outside the clinic the number of treatments is at most %(n)d.", n=MOST_TREATMENTS),
        ((filters.nth or 1) > MOST_TREATMENTS),
    )


def _on(ends: Ends, low: float | None, high: float | None) -> bool:
    return (low is None or low in ends[0]) and (high is None or high in ends[1])


def _is_day(day: date | None, wanted: tuple[int, int]) -> bool:
    return day is None or (day.month, day.day) == wanted


def cells_of(session: Session, filters: Filters) -> Cells:
    """Count everybody of the clinic who may be counted by arm and by what the choice asks about."""
    asked = [KINDS[name] for name in KINDS if _asks(filters, name)]
    return Counter((row.arm, tuple(kind(row) for kind in asked)) for row in session.execute(_everybody(filters)))


def _asks(filters: Filters, name: str) -> bool:
    fields = (name, f"{name}_from", f"{name}_to")
    return any(getattr(filters, field, None) is not None for field in fields)


def _everybody(filters: Filters) -> Select[Any]:
    done = (
        select(
            Treatment.episode_id,
            func.count().label("treatments"),
            func.array_agg(Treatment.product.distinct()).label("products"),
        )
        .where(Treatment.state == "done")
        .group_by(Treatment.episode_id)
        .subquery()
    )
    own = (Episode.arm, Episode.diagnosis, Episode.pain_generator, Episode.opioid_use, Episode.age, Episode.bmi)
    statement = select(*own, Episode.enrolled_on, Patient.sex, done.c.treatments, done.c.products)
    statement = statement.join(Patient, Patient.id == Episode.patient_id)
    statement = statement.join(ProtocolVersion, ProtocolVersion.id == Episode.protocol_id)
    statement = statement.outerjoin(done, done.c.episode_id == Episode.id)
    return statement.where(ProtocolVersion.code == filters.protocol, counted(filters.permitted))


def open_arms(cells: Cells) -> frozenset[str]:
    """The arms of which the choice may be answered: no combination holds one to nine."""
    return frozenset(arm for arm, _cell in cells) - {arm for (arm, _cell), n in cells.items() if n < SMALLEST}
