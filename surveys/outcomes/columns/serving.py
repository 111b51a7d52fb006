"""A cohort from kept columns: the same as one read from the database, made of what figures ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scoring.types import FloatArray, IntArray
from surveys.db import current_clinic
from surveys.models import Episode, ProtocolVersion
from surveys.outcomes.cohort import Cohort, Key, Reading, Standing
from surveys.outcomes.columns.frame import LATE, LEVELS, Frame
from surveys.outcomes.columns.masks import chosen
from surveys.outcomes.columns.picking import Picked
from surveys.outcomes.columns.statements import FLAGS, Wanted
from surveys.outcomes.columns.store import Store
from surveys.outcomes.columns.stores import STORES
from surveys.outcomes.columns.tally import Name, parts
from surveys.outcomes.columns.wire import moment_number
from surveys.outcomes.filters import Filters
from surveys.outcomes.labels import Ids, Labels
from surveys.outcomes.loading import load_cohort
from surveys.protocols.model import Protocol

Name_ = TypeVar("Name_")
Part = TypeVar("Part")
Column = NDArray[Any]


def kept_cohort(
    session: Session, protocol: Protocol, filters: Filters, scales: Sequence[str], *, now: datetime
) -> Cohort:
    """The cohort that ``load_cohort`` reads, from columns that are kept where the clinic is large.

    What needs another permission than the clinic's own is read anew: consents are no column.
    """
    wanted, clinic = Wanted.of(protocol), str(current_clinic() or "")
    if filters.permitted is None and clinic and _worth_keeping(session, clinic, wanted):
        found = cohort_of(session, STORES.find(session, clinic, wanted), protocol, filters, scales, now=now)
        STORES.shrink()
        if found is not None:
            return found
    return load_cohort(session, protocol, filters, scales, now=now)


def cohort_of(
    session: Session, store: Store, protocol: Protocol, filters: Filters, scales: Sequence[str], *, now: datetime
) -> Cohort | None:
    """The cohort from a store, brought up to date before; None where the session has to read for itself."""
    frame = store.current(session, scales)
    if frame is None:
        return None
    return _View(store, Picked(frame, chosen(frame, filters)), protocol, filters, now).cohort()


def _worth_keeping(session: Session, clinic: str, wanted: Wanted) -> bool:
    if not STORES.limit or STORES.has(session, clinic, wanted):
        return bool(STORES.limit)
    some = select(Episode.id).join(ProtocolVersion, ProtocolVersion.id == Episode.protocol_id)
    some = some.where(ProtocolVersion.code == wanted.code).limit(STORES.smallest)
    return session.scalars(select(func.count()).select_from(some.subquery())).one() >= STORES.smallest


class _Asked(Mapping[Name_, Part]):
    """Parts that ``of`` makes when they are asked for; ``there``: whether there is one of a name."""

    def __init__(
        self, of: _View, names: Sequence[Name_], make: Callable[[Name_], Part], there: Callable[[Name_], bool]
    ) -> None:
        self.of, self._names, self._make, self._there = of, names, make, there
        self._made: dict[Name_, Part] = {}

    def __getitem__(self, name: Name_) -> Part:
        if name not in self:
            raise KeyError(name)
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names and self._there(name)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Name_]:
        return (name for name in self._names if self._there(name))

    def __len__(self) -> int:
        return sum(1 for _name in self)


@dataclass(frozen=True)
class _View:
    """The chosen of a frame."""

    store: Store
    some: Picked
    protocol: Protocol
    filters: Filters
    now: datetime

    @property
    def frame(self) -> Frame:
        """Everybody's columns."""
        return self.some.frame

    def cohort(self) -> Cohort:
        """The cohort, none of whose columns but the small ones is made yet.

        It is not held here: in a circle both would stay in memory until a round of the garbage collector.
        """
        return Cohort(
            self.protocol,
            self.filters,
            self.now,
            Ids(self.frame.ids, self.some.at),
            self._labels(self.some.person("arm")),
            self.some.person("declined"),
            _Asked(self, tuple(self.frame.visits), self._standing, self._is_planned),
            _Asked(self, tuple(self.frame.scores), self._reading, self._is_read),
            alike=self,
        )

    def is_of(self, readings: Mapping[tuple[str, Key], Reading]) -> bool:
        """Whether readings are those of the whole cohort."""
        return isinstance(readings, _Asked) and readings.of is self

    def at_timepoint(self, timepoint: str, key: Key) -> Cohort:
        """Each kind of patient once, as to a scale at the baseline and at a timepoint, with how many are of it."""
        tally = self._tally((timepoint, key))
        arm, before, after, flags = parts(tally.rows, (8, 24, 24, 4))
        levels = self.frame.levels.get(key, np.empty(0))
        standing = _standing(flags & 7, flags & 8 != 0)
        readings = {(self.store.wanted.baseline, key): _reading(before, levels)}
        readings[timepoint, key] = _reading(after, levels)
        return self._alike(arm, np.zeros(len(arm), dtype=np.bool_), {timepoint: standing}, readings, tally.counts)

    def visits(self, timepoint: str) -> Cohort:
        """Each kind of patient once, as to how far a visit came, with how many are of it."""
        tally = self._tally((timepoint, None))
        arm, declined, _planned, closed, flags = parts(tally.rows, (8, 1, 1, 1, 8))
        return self._alike(arm, declined != 0, {timepoint: _standing(flags, closed != 0)}, {}, tally.counts)

    def _alike(
        self,
        arm: IntArray,
        declined: Column,
        standings: Mapping[str, Standing],
        readings: Mapping[tuple[str, Key], Reading],
        weights: IntArray,
    ) -> Cohort:
        ids = Ids(np.zeros(len(arm), dtype="V16"))
        filters, labels = replace(self.filters, fewest=0), self._labels(arm)
        made = (self.protocol, filters, self.now, ids, labels, declined, standings, readings)
        return Cohort(*made, weights=weights)

    def _tally(self, name: Name) -> Any:
        return self.store.tally(self.some, self.filters, name, moment_number(self.now))

    def _labels(self, codes: Column) -> Labels:
        return Labels(codes, ("", *self.frame.words["arm"]))

    def _is_planned(self, timepoint: str) -> bool:
        rows = self._tally((timepoint, None)).rows
        return bool(np.any(parts(rows, (8, 1, 1, 1, 8))[2]))

    def _is_read(self, name: tuple[str, Key]) -> bool:
        rows = self._tally(name).rows
        return bool(np.any(parts(rows, (8, 24, 24, 4))[2]))

    def _standing(self, timepoint: str) -> Standing:
        return _standing(self.some.flags(timepoint), self.some.closed(timepoint, moment_number(self.now)))

    def _reading(self, name: tuple[str, Key]) -> Reading:
        return _reading(self.some.cells(name, self.filters.mode), self.frame.levels[name[1]])


def _standing(flags: Column, closed: Column) -> Standing:
    return Standing(closed=closed, **{name: flags & (1 << bit) != 0 for bit, name in enumerate(FLAGS)})


def _reading(cells: Column, levels: FloatArray) -> Reading:
    """What a cell says; below ``LEVELS``: nothing, timely, by proxy, late, late by proxy."""
    value = np.concatenate([np.full(LEVELS, np.nan), levels])[cells]
    late = (cells == LATE) | (cells == LATE + 1)
    proxy = (cells == 2) | (cells == LATE + 1)
    return Reading(value, (cells != 0) & ~late, late, proxy)
