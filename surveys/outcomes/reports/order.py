"""What somebody asked a report of."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Order:
    """``filters``: a choice in the filter language. ``rule``: its text. ``asked_by``: the staff member.

    ``fewest``: arms of fewer patients are left out, for a reader who may not single anybody out. ``saved``: the name
    of a saved choice with its version, empty where the choice has no name.
    """

    filters: str
    rule: str
    asked_by: str
    language: str = "en"
    fewest: int = 0
    saved: str = ""

    def arguments(self) -> dict[str, Any]:
        """The order as a job keeps it."""
        return asdict(self)

    @property
    def staff_id(self) -> UUID:
        """Who asked."""
        return UUID(self.asked_by)


def order_of(arguments: dict[str, Any]) -> Order:
    """The order that a job keeps."""
    return Order(**arguments)
