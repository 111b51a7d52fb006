"""The stores of this process, within a bound of memory; the least used goes first."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any

from sqlalchemy.orm import Session

from surveys.outcomes.columns.statements import Wanted
from surveys.outcomes.columns.store import Store

MEGABYTE = 1024 * 1024
Place = tuple[str, str, Wanted]  # database, clinic, protocol


class Stores:
    """``limit``: bytes of columns in memory; 0 keeps none. ``smallest``: episodes below which nothing is kept."""

    def __init__(self, limit: int, smallest: int) -> None:
        """Nothing is kept yet."""
        self.limit, self.smallest = limit, smallest
        self._lock = Lock()
        self._kept: OrderedDict[Place, Store] = OrderedDict()

    def find(self, session: Session, clinic: str, wanted: Wanted) -> Store:
        """The clinic's store of a protocol, empty where there is none yet."""
        bind: Any = session.get_bind()
        place = (str(bind.engine.url), clinic, wanted)
        with self._lock:
            store = self._kept.setdefault(place, Store(clinic, wanted))
            self._kept.move_to_end(place)
            return store

    def has(self, session: Session, clinic: str, wanted: Wanted) -> bool:
        """Whether the clinic's store of a protocol is there."""
        bind: Any = session.get_bind()
        with self._lock:
            return (str(bind.engine.url), clinic, wanted) in self._kept

    def shrink(self) -> None:
        """Give up the least used until the rest fits; the one used last stays, or it would be read at every page."""
        with self._lock:
            while len(self._kept) > 1 and sum(store.bytes for store in self._kept.values()) > self.limit:
                self._kept.popitem(last=False)

    @property
    def bytes(self) -> int:
        """What all of them hold."""
        with self._lock:
            return sum(store.bytes for store in self._kept.values())

    def clear(self) -> None:
        """Give everything up."""
        with self._lock:
            self._kept.clear()


STORES = Stores(limit=500 * MEGABYTE, smallest=1_000)  # of the process; the application sets the limit as it starts
