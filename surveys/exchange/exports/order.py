"""What somebody asked for: which patients, in which shape and format, with or without what identifies them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

SHAPES = ("long", "wide")
FORMATS = ("csv", "parquet", "sav", "xlsx")
CONTENTS = ("all", "scores")
IDENTIFIED = "identified"


@dataclass(frozen=True, slots=True)
class Order:
    """``filters``: a choice in the filter language. ``contents``: scores alone, or with every item's answer.

    ``fewest``: arms of fewer patients are left out, for a reader who may not single anybody out.
    """

    filters: str
    shape: str = "long"
    format: str = "csv"
    contents: str = "all"
    identified: bool = False
    fewest: int = 0

    def arguments(self) -> dict[str, Any]:
        """The order as a job keeps it."""
        return asdict(self)


def order_of(arguments: dict[str, Any]) -> Order:
    """The order that a job keeps."""
    return Order(**arguments)
