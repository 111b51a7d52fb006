"""Enrolled episodes of one protocol with their windows and readings, as of one moment, and how they are counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Protocol as Protocol_
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from scoring.types import BoolArray, FloatArray, IntArray, TextArray
from surveys.outcomes.facts import Facts, unknown
from surveys.outcomes.filters import Filters
from surveys.outcomes.labels import Ids, Labels
from surveys.protocols.model import Protocol

Key = tuple[str, str | None]  # scale and, for an index, its value set


@dataclass(frozen=True, slots=True)
class Reading:
    """One scale at one timepoint, an element per episode.

    ``value``: NaN unless answered in the window by or with the patient and scorable.
    ``answered``: in the window, whoever answered and scorable or not. ``early``: the same while the window is open,
    as ``Cohort.reading`` tells; None in what was read from the database.
    """

    value: FloatArray
    answered: BoolArray
    late: BoolArray
    proxy: BoolArray
    early: BoolArray | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where each episode stands at one timepoint, an element per episode.

    ``closed``: the window is over. ``died``: before the window was over. ``left``: consent withdrawn,
    follow-up stopped or lost before the window was over. ``operated``: on the spine, by the window's last
    day, as ``operations`` defines it. The rest tells how far the visit came.
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


class Alike(Protocol_):
    """Makes of a cohort one in which patients who are alike are one element."""

    def is_of(self, readings: Mapping[tuple[str, Key], Reading]) -> bool:
        """Whether readings are those of the cohort as it was made."""
        ...

    def at_timepoint(self, timepoint: str, key: Key) -> Cohort:
        """As to a scale at the baseline and at a timepoint."""
        ...

    def visits(self, timepoint: str) -> Cohort:
        """As to how far a timepoint's visits came."""
        ...


@dataclass(frozen=True)
class Cohort:
    """Every figure of a page is counted from one of these, so that they agree.

    ``facts``: what patients brought along and what happened to them; None where no figure asked for it. ``sites``: the
    place of each episode's clinic where there are several. ``closed``: arms, and ``unsaid``: timepoints, of which a
    reader outside the clinic is told nothing; ``operations_unsaid``: arms and timepoints at which they are not told
    what operations make of the rate. ``weights``: how many patients each element stands for, where one stands
    for all who are alike; ``alike``: what makes such a cohort of this one.
    """

    protocol: Protocol
    filters: Filters
    now: datetime
    ids: Sequence[UUID]
    arms: Sequence[str]
    declined: BoolArray
    standings: Mapping[str, Standing]
    readings: Mapping[tuple[str, Key], Reading]
    facts: Facts | None = None
    sites: IntArray | None = None
    closed: frozenset[str] = frozenset()
    unsaid: tuple[str, ...] = ()
    operations_unsaid: frozenset[tuple[str, str]] = frozenset()
    weights: IntArray | None = None
    alike: Alike | None = None
    _told: dict[tuple[str, Key], Reading] = field(init=False, repr=False, compare=False, default_factory=dict)

    def number(self, flags: BoolArray) -> int:
        """How many patients are flagged."""
        return int(np.count_nonzero(flags)) if self.weights is None else int(self.weights[flags].sum())

    def at(self, timepoint: str, key: Key) -> Cohort:
        """The cohort as to one scale at the baseline and at a timepoint: patients who are alike may be one element."""
        return self.alike.at_timepoint(timepoint, key) if self.alike and self._as_it_was() else self

    def by_visit(self, timepoint: str) -> Cohort:
        """The cohort as to how far a timepoint's visits came, in the same way."""
        return self.alike.visits(timepoint) if self.alike and self._as_it_was() else self

    def _as_it_was(self) -> bool:
        """Whether nothing was taken out of it since it was made."""
        return self.alike is not None and self.alike.is_of(self.readings)

    @cached_property
    def keys(self) -> NDArray[np.void]:
        """The episodes' ids as 16 bytes each."""
        return self.ids.raw if isinstance(self.ids, Ids) else np.array([each.bytes for each in self.ids], dtype="V16")

    @cached_property
    def labels(self) -> Labels:
        """Each episode's arm by its place among a few."""
        return self.arms if isinstance(self.arms, Labels) else Labels.of(self.arms)

    @cached_property
    def per_arm(self) -> Mapping[str, int]:
        """How many are in each arm that anybody is in."""
        kinds = self.by_visit(self.baseline)
        return {arm: kinds.number(kinds.labels.are(arm)) for arm in kinds.labels.present()}

    @cached_property
    def arm_codes(self) -> TextArray:
        """Each episode's arm."""
        return self.labels.texts()

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
        return self.labels.are(arm)

    def standing(self, timepoint: str) -> Standing:
        """Where everyone stands; a timepoint nobody was planned for is due for nobody."""
        return self.standings.get(timepoint) or _no_standing(len(self.ids))

    def reading(self, timepoint: str, key: Key) -> Reading:
        """What is counted: at follow-ups what was answered in windows that are over; nothing where nobody was asked.

        While a window is open those who answered are known and those who will not are not: a rate of them is a rate of
        the willing.
        """
        if (timepoint, key) not in self._told:
            self._told[timepoint, key] = self._counted(timepoint, key)
        return self._told[timepoint, key]

    def _counted(self, timepoint: str, key: Key) -> Reading:
        read = self.readings.get((timepoint, key)) or _no_reading(len(self.ids))
        over = self.standing(timepoint).closed | (timepoint == self.baseline)
        value, early = np.where(over, read.value, np.nan), read.answered & ~over
        return Reading(value, read.answered & over, read.late & over, read.proxy & over, early)

    def shown_arms(self) -> tuple[str, ...]:
        """The arms that are looked at, in the protocol's order."""
        return tuple(code for code in self._chosen_arms() if code not in self.withheld_arms())

    def shown(self) -> BoolArray:
        """Which episodes are in an arm that is looked at."""
        looked_at = [name in self.shown_arms() for name in self.labels.names]
        shown: BoolArray = np.array(looked_at or [False])[self.labels.codes]
        return shown

    def withheld_arms(self) -> tuple[str, ...]:
        """The arms that somebody could be singled out in."""
        few = {code for code in self._chosen_arms() if 0 < self.per_arm.get(code, 0) < self.filters.fewest}
        return tuple(code for code in self._chosen_arms() if code in few | self.closed)

    def _chosen_arms(self) -> tuple[str, ...]:
        chosen = self.filters.arm
        return tuple(arm.code for arm in self.protocol.arms if chosen in (None, arm.code))


def _no_standing(size: int) -> Standing:
    return Standing(**{name: np.zeros(size, dtype=np.bool_) for name in Standing.__slots__})


def _no_reading(size: int) -> Reading:
    return Reading(np.full(size, np.nan), *(np.zeros(size, dtype=np.bool_) for _column in range(3)))
