"""Enrolled episodes of one protocol with their windows and readings, as of one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from scoring.types import BoolArray, FloatArray, TextArray
from surveys.outcomes.facts import Facts, unknown
from surveys.outcomes.filters import Filters
from surveys.outcomes.queries import chosen_episodes, score_rows, visit_rows
from surveys.protocols.model import Protocol

ONE_DAY = timedelta(days=1)
Key = tuple[str, str | None]  # scale and, for an index, its value set


@dataclass(frozen=True, slots=True)
class Reading:
    """One scale at one timepoint, an element per episode.

    ``value``: NaN unless answered in the window by or with the patient and scorable.
    ``answered``: in the window, whoever answered and scorable or not.
    """

    value: FloatArray
    answered: BoolArray
    late: BoolArray
    proxy: BoolArray


@dataclass(frozen=True, slots=True)
class Dates:
    """When what happened, an element per episode; None where it did not."""

    died: Sequence[date | None]
    left: Sequence[date | None]
    operated: Sequence[date | None]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where each episode stands at one timepoint, an element per episode.

    ``closed``: the window is over. ``died``: before the window was over. ``left``: consent withdrawn,
    follow-up stopped or lost before the window was over. ``operated``: on the spine, by the window's last
    day. The rest tells how far the visit came.
    """

    closed: BoolArray
    died: BoolArray
    left: BoolArray
    operated: BoolArray
    sent: BoolArray
    opened: BoolArray
    started: BoolArray
    finished: BoolArray
    late: BoolArray


@dataclass(frozen=True)
class Cohort:
    """Every figure of a page is counted from one of these, so that they agree.

    ``facts``: what patients brought along and what happened to them; None where no figure asked for it.
    """

    protocol: Protocol
    filters: Filters
    now: datetime
    ids: tuple[UUID, ...]
    arms: tuple[str, ...]
    declined: BoolArray
    standings: Mapping[str, Standing]
    readings: Mapping[tuple[str, Key], Reading]
    facts: Facts | None = None

    @cached_property
    def keys(self) -> NDArray[np.void]:
        """The episodes' ids as 16 bytes each."""
        return np.array([each.bytes for each in self.ids], dtype="V16")

    @cached_property
    def arm_codes(self) -> TextArray:
        """Each episode's arm."""
        return np.array(self.arms, dtype=np.str_)

    @cached_property
    def known(self) -> Facts:
        """The facts, all of them unknown where they were not asked for."""
        return self.facts or unknown(len(self.ids))

    @cached_property
    def baseline(self) -> str:
        """The code of the timepoint that change is counted from."""
        return next(timepoint.code for timepoint in self.protocol.timepoints if timepoint.is_baseline)

    def in_arm(self, arm: str) -> BoolArray:
        """Which episodes are in an arm."""
        own: BoolArray = self.arm_codes == arm
        return own

    def standing(self, timepoint: str) -> Standing:
        """Where everyone stands; a timepoint nobody was planned for is due for nobody."""
        return self.standings.get(timepoint) or _standing((), {}, len(self.ids), Dates((), (), ()))

    def reading(self, timepoint: str, key: Key) -> Reading:
        """What was read; nothing where nobody was asked."""
        return self.readings.get((timepoint, key)) or _reading((), {}, len(self.ids), baseline=False)

    def shown_arms(self) -> tuple[str, ...]:
        """The arms that are looked at, in the protocol's order."""
        return tuple(code for code in self._chosen_arms() if code not in self.withheld_arms())

    def shown(self) -> BoolArray:
        """Which episodes are in an arm that is looked at."""
        return np.isin(self.arm_codes, self.shown_arms())

    def withheld_arms(self) -> tuple[str, ...]:
        """The arms that somebody could be singled out in."""
        return tuple(code for code in self._chosen_arms() if 0 < self.arms.count(code) < self.filters.fewest)

    def _chosen_arms(self) -> tuple[str, ...]:
        chosen = self.filters.arm
        return tuple(arm.code for arm in self.protocol.arms if chosen in (None, arm.code))


# A clinic that has grown since the statistics were taken looks empty to the planner, which would then read one table
# anew for each row of another: minutes. Until the end of the transaction its rows are read whole, and once.
WHOLE = text("SET LOCAL enable_nestloop = off")


def load_cohort(
    session: Session, protocol: Protocol, filters: Filters, scales: Sequence[str], *, now: datetime
) -> Cohort:
    """Read what the figures need in three statements, whatever the number of patients."""
    session.execute(WHOLE)
    episodes = session.execute(chosen_episodes(filters)).all()
    place = {row.id: position for position, row in enumerate(episodes)}
    visits = _by(visit_rows(session, filters, now=now), lambda row: row.timepoint)
    scores = _by(score_rows(session, filters, scales), lambda row: (row.timepoint, (row.scale, row.value_set_id)))
    dates = Dates(*([getattr(row, name) for row in episodes] for name in ("died_on", "left_on", "operated_on")))
    baseline = next(timepoint.code for timepoint in protocol.timepoints if timepoint.is_baseline)
    return Cohort(
        protocol,
        filters,
        now,
        tuple(place),
        tuple(row.arm for row in episodes),
        np.array([row.declined for row in episodes], dtype=np.bool_),
        {code: _standing(rows, place, len(place), dates) for code, rows in visits.items()},
        {key: _reading(rows, place, len(place), baseline=key[0] == baseline) for key, rows in scores.items()},
    )


def _by(rows: Iterable[Row[Any]], key: Any) -> dict[Any, list[Row[Any]]]:
    groups: dict[Any, list[Row[Any]]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _standing(
    rows: Sequence[Row[Any]],
    place: Mapping[UUID, int],
    size: int,
    dates: Dates,
) -> Standing:
    flags = {name: np.zeros(size, dtype=np.bool_) for name in Standing.__slots__}
    for row in rows:
        at = place[row.episode_id]
        for name in ("closed", "sent", "opened", "started", "finished", "late"):
            flags[name][at] = getattr(row, name)
        flags["died"][at] = _before(dates.died[at], row.closing_day)
        flags["left"][at] = _before(dates.left[at], row.closing_day)
        flags["operated"][at] = _before(dates.operated[at], row.closing_day + ONE_DAY)
    return Standing(**flags)


def _before(day: date | None, closing_day: date) -> bool:
    return day is not None and day < closing_day


def _reading(rows: Sequence[Row[Any]], place: Mapping[UUID, int], size: int, *, baseline: bool) -> Reading:
    """Collect one scale at one timepoint. A baseline answered after the treatment counts as late."""
    value = np.full(size, np.nan)
    answered, late, proxy = (np.zeros(size, dtype=np.bool_) for _ in range(3))
    for row in rows:
        at = place[row.episode_id]
        timely = row.in_window and (row.before_treatment or not baseline)
        answered[at], late[at], proxy[at] = timely, not timely, row.proxy
        if timely and not row.proxy and row.value is not None:
            value[at] = row.value
    return Reading(value, answered, late, proxy)
