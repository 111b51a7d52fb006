"""A cohort read from the database as it stands: what every other way to one has to agree with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Row
from sqlalchemy.orm import Session

from surveys.outcomes.cohort import Cohort, Reading, Standing
from surveys.outcomes.filters import Filters
from surveys.outcomes.queries import WHOLE, chosen_episodes, score_rows, visit_rows
from surveys.protocols.model import Protocol

PROXY = "proxy"  # the mode in which somebody else answered


def load_cohort(
    session: Session, protocol: Protocol, filters: Filters, scales: Sequence[str], *, now: datetime
) -> Cohort:
    """Read what the figures need in three statements, whatever the number of patients."""
    session.execute(WHOLE)
    episodes = session.execute(chosen_episodes(filters)).all()
    place = {row.id: position for position, row in enumerate(episodes)}
    visits = _by(visit_rows(session, filters, now=now), lambda row: row.timepoint)
    scores = _by(score_rows(session, filters, scales), lambda row: (row.timepoint, (row.scale, row.value_set_id)))
    baseline = next(timepoint.code for timepoint in protocol.timepoints if timepoint.is_baseline)
    return Cohort(
        protocol,
        filters,
        now,
        tuple(place),
        tuple(row.arm for row in episodes),
        np.array([row.declined for row in episodes], dtype=np.bool_),
        {code: _standing(rows, place, len(place)) for code, rows in visits.items()},
        {key: _reading(rows, place, len(place), baseline=key[0] == baseline) for key, rows in scores.items()},
    )


def _by(rows: Iterable[Row[Any]], key: Any) -> dict[Any, list[Row[Any]]]:
    groups: dict[Any, list[Row[Any]]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _standing(rows: Sequence[Row[Any]], place: Mapping[UUID, int], size: int) -> Standing:
    flags = {name: np.zeros(size, dtype=np.bool_) for name in Standing.__slots__}
    for row in rows:
        at = place[row.episode_id]
        for name in Standing.__slots__:
            flags[name][at] = getattr(row, name)
    return Standing(**flags)


def _reading(rows: Sequence[Row[Any]], place: Mapping[UUID, int], size: int, *, baseline: bool) -> Reading:
    """Collect one scale at one timepoint. A baseline answered after the treatment counts as late."""
    value = np.full(size, np.nan)
    answered, late, proxy = (np.zeros(size, dtype=np.bool_) for _ in range(3))
    for row in rows:
        at = place[row.episode_id]
        timely = row.in_window and (row.before_treatment or not baseline)
        answered[at], late[at], proxy[at] = timely, not timely, row.mode == PROXY
        if timely and row.mode != PROXY and row.value is not None:
            value[at] = row.value
    return Reading(value, answered, late, proxy)
