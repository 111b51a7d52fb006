"""Cells of files that are opened in a spreadsheet."""

from __future__ import annotations

from typing import overload

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run the cell


@overload
def harmless(cell: str) -> str: ...
@overload
def harmless(cell: str | float | None) -> str | float | None: ...
def harmless(cell: str | float | None) -> str | float | None:
    """A cell that a spreadsheet will not run: an apostrophe before a text, which is not shown; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(DANGEROUS) else cell


def as_typed(cell: str) -> str:
    """The cell of a file as it was before ``harmless``."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(DANGEROUS) else cell
