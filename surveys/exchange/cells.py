"""Cells of files that are opened in a spreadsheet."""

from __future__ import annotations

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run the cell


def harmless(cell: str) -> str:
    """A cell that a spreadsheet will not run: an apostrophe before it, which the spreadsheet does not show."""
    return f"'{cell}" if cell.startswith(DANGEROUS) else cell


def as_typed(cell: str) -> str:
    """The cell of a file as it was before ``harmless``."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(DANGEROUS) else cell
