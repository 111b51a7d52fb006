"""MME a day at each timepoint, from what staff recorded inside the window of the visit. Never for converting doses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

import numpy as np
from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session

from scoring.opioid_table import current_table
from scoring.types import BoolArray, FloatArray
from surveys.models import Episode, OpioidDose, Patient, Visit
from surveys.outcomes.cohort import Cohort
from surveys.outcomes.filters import Filters
from surveys.outcomes.queries import chosen_episodes
from surveys.people.opioid_statements import Statement, standing

SCALE = "mme_per_day"
NOON = time(12)  # a day has no hour: it lies in a window that holds its noon


@dataclass(frozen=True, slots=True)
class Doses:
    """An element per episode of a cohort at one timepoint.

    ``mme``: MME a day, 0 or above, higher is worse; NaN where nothing was recorded in the window or the dose is not
    evaluable. ``recorded``: whether anything was; ``recorded`` without a number is not evaluable, for the ``reasons``,
    which are codes of ``scoring.opioids.Obstacle``, empty where there are none.
    """

    mme: FloatArray
    recorded: BoolArray
    reasons: tuple[tuple[str, ...], ...]

    @property
    def not_evaluable(self) -> BoolArray:
        """Recorded, and no number."""
        found: BoolArray = self.recorded & ~np.isfinite(self.mme)
        return found


Stated = Mapping[tuple[str, UUID], Statement]  # by timepoint and episode


def factors_used() -> str:
    """Version of the table of factors, as ``cdc-2022``: beside every number in MME."""
    return current_table().version


def opioid_statements(session: Session, filters: Filters, *, as_of: datetime) -> Stated:
    """The last statement inside each visit's window, as it stood at a moment; in one query.

    The baseline's window ends with the day of the first treatment. Nothing is carried from one window to another: not
    asked is not "none". A visit that was cancelled has none.
    """
    found: dict[tuple[str, UUID], list[OpioidDose]] = {}
    for timepoint, row in session.execute(_rows(filters, as_of)):
        found.setdefault((timepoint, row.episode_id), []).append(row)
    told = {key: standing(rows) for key, rows in found.items()}
    return {key: max(stated, key=lambda each: each.on_date) for key, stated in told.items() if stated}


def _rows(filters: Filters, as_of: datetime) -> Select[str, OpioidDose]:
    episodes = chosen_episodes(filters).subquery()
    noon = func.timezone(Patient.time_zone, OpioidDose.on_date + literal(NOON))
    inside = (Visit.episode_id == OpioidDose.episode_id, Visit.opens_at <= noon, noon < Visit.closes_at)
    return (
        select(Visit.timepoint, OpioidDose)
        .join(episodes, episodes.c.id == OpioidDose.episode_id)
        .join(Episode, Episode.id == OpioidDose.episode_id)
        .join(Patient, Patient.id == Episode.patient_id)
        .join(Visit, Visit.clinic_id == OpioidDose.clinic_id)
        .where(*inside, Visit.cancelled_at.is_(None), OpioidDose.recorded_at <= as_of)
    )


def doses_at(cohort: Cohort, stated: Stated, timepoint: str) -> Doses:
    """The doses of a cohort at one timepoint, in the cohort's order."""
    told = [stated.get((timepoint, episode)) for episode in cohort.ids]
    mme = [None if each is None else each.dose.mme for each in told]
    return Doses(
        np.array([np.nan if dose is None else dose for dose in mme], dtype=np.float64),
        np.array([each is not None for each in told], dtype=np.bool_),
        tuple(() if each is None else tuple(found.code for found in each.obstacles) for each in told),
    )
