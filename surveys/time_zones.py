"""Which names of time zones may be stored: places, whose summer time and history the zone database knows."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

NO_PLACES = ("Etc/", "SystemV/", "posix/", "right/", "US/", "Canada/", "Brazil/", "Chile/", "Mexico/")
PLACES = frozenset({"UTC"})  # the one name without an area


@cache
def known_zones() -> frozenset[str]:
    """Names such as Europe/Madrid, and UTC; none of one machine, of no place, or of a fixed offset."""
    areas = {name for name in available_timezones() if "/" in name and not name.startswith(NO_PLACES)}
    return frozenset(areas) | PLACES


def is_place(name: str) -> bool:
    """Whether a clinic or a patient may live by this zone."""
    return name in known_zones()
