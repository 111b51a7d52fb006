"""Which screens there are: everything a patient meets, and each item once, where a protocol asks it first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from surveys.answering.battery import Screen, screens_of
from surveys.protocols.loading import bundled_protocols


@dataclass(frozen=True, slots=True)
class Size:
    """A phone's window in CSS pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


PHONES = (Size(320, 568), Size(390, 844))


@dataclass(frozen=True, slots=True)
class Asking:
    """One visit that is opened to see its screens: those items that no asking before it had."""

    protocol: str
    timepoint: str
    screens: tuple[Screen, ...]


@dataclass(frozen=True, slots=True)
class Shot:
    """One screen in one language and size. Hashes are SHA-256 in hexadecimal.

    ``wording``: id of the instrument's text, empty on screens of the interface. ``words``: all that can be read
    on it, by lines. Two runs over the same screens have the same words and pictures.
    """

    screen: str
    address: str
    language: str
    size: str
    wording: str
    wording_hash: str
    layout: str
    words: str
    picture: str
    file: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What a screen is compared by."""
        return self.screen, self.language, self.size

    def as_row(self) -> dict[str, Any]:
        """For the file of hashes."""
        return asdict(self)


def askings(instruments: Sequence[str] = ()) -> Iterator[Asking]:
    """Every item of the bundled protocols once, the registry's first; ``instruments``: of these only."""
    seen: set[tuple[str, str]] = set()
    protocols = sorted(bundled_protocols().values(), key=lambda each: (each.code != "spine", each.code))
    for protocol in protocols:
        for timepoint in protocol.timepoints:
            new = [each for each in screens_of(protocol, timepoint.code) if _key(each) not in seen]
            wanted = tuple(each for each in new if not instruments or each.instrument in instruments)
            seen |= {_key(each) for each in wanted}
            if wanted:
                yield Asking(protocol.code, timepoint.code, wanted)


def _key(screen: Screen) -> tuple[str, str]:
    return screen.instrument, screen.item.code
