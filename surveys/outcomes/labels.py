"""Texts and ids of many episodes without an object for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, overload
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from scoring.types import BoolArray, IntArray, TextArray


class Labels(Sequence[str]):
    """A text per episode, kept as its place among a few names."""

    def __init__(self, codes: NDArray[Any], names: Sequence[str]) -> None:
        """``codes``: places among ``names``."""
        self.codes, self.names = codes, tuple(names)

    @classmethod
    def of(cls, texts: Iterable[str]) -> Labels:
        """Code texts by their place in the alphabet."""
        told = list(texts)
        names = sorted(set(told))
        places = {name: place for place, name in enumerate(names)}
        return cls(np.array([places[text] for text in told], dtype=np.uint8 if len(names) < 256 else np.int64), names)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Labels: ...
    def __getitem__(self, at: int | slice) -> str | Labels:
        """One text, or some."""
        return Labels(self.codes[at], self.names) if isinstance(at, slice) else self.names[int(self.codes[at])]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.codes)

    def __iter__(self) -> Iterator[str]:
        """Every text."""
        return (self.names[code] for code in self.codes.tolist())

    def count(self, value: Any) -> int:
        """How many have a text."""
        return int(np.count_nonzero(self.are(value)))

    def are(self, text: str) -> BoolArray:
        """Which have it."""
        if text not in self.names:
            return np.zeros(len(self.codes), dtype=np.bool_)
        own: BoolArray = self.codes == self.names.index(text)
        return own

    def present(self) -> frozenset[str]:
        """Every text that any has."""
        return frozenset(self.names[code] for code in np.flatnonzero(np.bincount(self.codes)).tolist())

    def texts(self) -> TextArray:
        """The texts as an array."""
        texts: TextArray = np.array(self.names or [""], dtype=np.str_)[self.codes]
        return texts


class Ids(Sequence[UUID]):
    """Episodes' ids, 16 bytes each."""

    def __init__(self, every: NDArray[Any], at: IntArray | None = None) -> None:
        """``at``: the places of those meant, all where None."""
        self._every, self._at = every, at

    @cached_property
    def raw(self) -> NDArray[Any]:
        """In the order of the episodes; picked out when somebody asks."""
        return self._every if self._at is None else self._every[self._at]

    @overload
    def __getitem__(self, at: int) -> UUID: ...
    @overload
    def __getitem__(self, at: slice) -> Ids: ...
    def __getitem__(self, at: int | slice) -> UUID | Ids:
        """One id, or some."""
        return Ids(self.raw[at]) if isinstance(at, slice) else UUID(bytes=bytes(self.raw[at]))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._every if self._at is None else self._at)

    def __iter__(self) -> Iterator[UUID]:
        """Every id."""
        return (UUID(bytes=bytes(each)) for each in self.raw)
