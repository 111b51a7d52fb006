"""The columns of one clinic's protocol, current at every use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from threading import Lock
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from surveys.outcomes.columns.feed import TRUSTED, Position, is_later, read_feed
from surveys.outcomes.columns.frame import Frame, Places
from surveys.outcomes.columns.keeping import Tallies
from surveys.outcomes.columns.loading import read_frame, read_scores
from surveys.outcomes.columns.merging import merged
from surveys.outcomes.columns.picking import Picked
from surveys.outcomes.columns.statements import Wanted
from surveys.outcomes.columns.tally import Ask, Name, Tally, count
from surveys.outcomes.filters import Filters
from surveys.outcomes.queries import WHOLE

ROOM = text("SET LOCAL work_mem = '64MB'")  # for each sort and hash of reading everything, on the disk beyond
NOBODY = UUID(int=0)
FEWEST_AT_ONCE = 2_000  # so many changed episodes are read one by one, however small the clinic


class Store:
    """One protocol's frame and tallies; ``clinic``: whose rows they were read from, as the database names it."""

    def __init__(self, clinic: str, wanted: Wanted, *, trusted: timedelta = TRUSTED) -> None:
        """Nothing is read before it is asked for. ``trusted``: how long the feed holds what followed a reading."""
        self.clinic, self.wanted, self._trusted = clinic, wanted, trusted
        self._lock = Lock()
        self._position: Position | None = None
        self._frame: Frame | None = None
        self._places = Places(np.empty(0, dtype="V16"))
        self._tallies = Tallies(wanted.baseline)

    @property
    def bytes(self) -> int:
        """What it holds in memory; tallies take little beside columns."""
        return self._frame.bytes if self._frame else 0

    def current(self, session: Session, scales: Sequence[str]) -> Frame | None:
        """The frame with everything that was committed before; None where the session has to read for itself."""
        with self._lock:
            since, most = self._position, self._most()
            position, changed = read_feed(session, since.snapshot if since else None, most)
            if not position.plain or position.clinic != self.clinic:
                return None
            try:
                if self._frame is None or self._lost(position) or len(changed) >= most:
                    self._build(session, scales)
                elif changed:
                    self._take(session, changed)
                frame = self._widened(session, scales)
            except BaseException:
                self._frame = None  # what was half done is read anew
                raise
            self._position = position
            return frame

    def tally(self, some: Picked, filters: Filters, name: Name, now: int) -> Tally:
        """A tally of a frame's chosen; of a frame that was overtaken meanwhile it is counted anew."""
        with self._lock:
            if some.frame is self._frame:
                return self._tallies.get(some, filters, name, now)
        return count(some, Ask(self.wanted.baseline, name, filters.mode, now))

    def _most(self) -> int:
        return max(FEWEST_AT_ONCE, len(self._frame) // 20 if self._frame else 0)

    def _lost(self, position: Position) -> bool:
        """Whether the database is another one than before, or was read so long ago that its feed may have been cut."""
        before = self._position
        if before is None or before.server != position.server or not is_later(position.snapshot, before.snapshot):
            return True
        return position.at - before.at > self._trusted

    def _build(self, session: Session, scales: Sequence[str]) -> None:
        self._frame = None
        _read_whole(session)
        known = sorted(scales)
        frame = read_frame(session, self.wanted, known)
        read_frame(session, self.wanted, known, [NOBODY], frame.words)  # makes the statements of the first change
        self._keep(frame)

    def _keep(self, frame: Frame) -> None:
        self._frame, self._places = frame, Places(frame.ids)
        self._tallies = Tallies(self.wanted.baseline)

    def _take(self, session: Session, changed: Sequence[UUID]) -> None:
        old: Any = self._frame
        new = read_frame(session, self.wanted, sorted(old.scales), changed, old.words)
        asked = np.frombuffer(b"".join(each.bytes for each in changed), dtype="V16")
        step = merged(old, self._places, new, asked)
        self._tallies.carry(old, step)
        if step.moved:
            self._places = Places(step.frame.ids)
        elif len(step.frame) > len(old):
            self._places = self._places.grown(step.frame.ids)
        self._frame = step.frame

    def _widened(self, session: Session, scales: Sequence[str]) -> Frame:
        """The frame with these scales among its own."""
        frame = self._frame
        assert frame is not None  # noqa: S101 - it was built or brought up to date before
        more = sorted(set(scales) - frame.scales)
        if more:
            _read_whole(session)
            scores, levels = read_scores(session, self.wanted, more, None, self._places, len(frame))
            wide: dict[str, Any] = {"scores": {**frame.scores, **scores}, "levels": {**frame.levels, **levels}}
            frame = self._frame = replace(frame, scales=frame.scales | set(more), **wide)
        return frame


def _read_whole(session: Session) -> None:
    for setting in (WHOLE, ROOM):
        session.execute(setting)
