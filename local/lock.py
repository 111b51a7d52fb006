"""The lock: every package by its version, read as pip reads it."""

import re
from dataclasses import dataclass

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from local.settings import ROOT

LOCK = ROOT / "requirements.lock"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$")


@dataclass(frozen=True)
class Pin:
    """One package. ``marker``: where it is wanted, empty for everywhere."""

    name: str
    version: str
    marker: str

    @property
    def here(self) -> bool:
        """Whether this machine and this Python want it."""
        return Marker(self.marker).evaluate() if self.marker else True


def pins() -> list[Pin]:
    """Return the lock's packages, by name."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    found = (PINNED.match(line) for line in lines)
    return [Pin(canonicalize_name(match[1]), match[2], match[3] or "") for match in found if match]
