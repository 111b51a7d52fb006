"""What one visit asks, in the order of its screens."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from scoring.instrument import Item, load_instruments
from surveys.protocols.model import BatteryEntry, Protocol
from surveys.schedule import UNSCHEDULED


@dataclass(frozen=True, slots=True)
class Screen:
    """One item. ``position`` counts from 1 within its instrument, ``number`` from 1 over the whole visit."""

    instrument: str
    item: Item
    position: int
    number: int


def battery_of(protocol: Protocol, timepoint: str) -> tuple[BatteryEntry, ...]:
    """Return the battery of a timepoint; an unscheduled visit asks what the protocol's first timepoint asks."""
    if timepoint.startswith(UNSCHEDULED):
        return protocol.timepoints[0].battery
    return protocol.timepoint(timepoint).battery


def screens_of(protocol: Protocol, timepoint: str) -> tuple[Screen, ...]:
    """Return every screen of a visit."""
    return _screens(battery_of(protocol, timepoint))


@lru_cache(maxsize=256)
def _screens(battery: tuple[BatteryEntry, ...]) -> tuple[Screen, ...]:
    asked = [(entry.instrument, code, position) for entry in battery for position, code in enumerate(entry.items, 1)]
    instruments = load_instruments()
    return tuple(
        Screen(instrument, instruments[instrument].item(code), position, number)
        for number, (instrument, code, position) in enumerate(asked, 1)
    )


def items_asked(protocol: Protocol, timepoint: str, instrument: str) -> tuple[str, ...]:
    """Return the items of an instrument asked at a timepoint; ``KeyError`` where it is not asked."""
    return {entry.instrument: entry.items for entry in battery_of(protocol, timepoint)}[instrument]
