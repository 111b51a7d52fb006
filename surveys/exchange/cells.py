"""Cells of files that are opened in a spreadsheet."""

from __future__ import annotations

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run the cell


def harmless(cell: str) -> str:
    """A cell that a spreadsheet will not run; a telephone's plus sign before digits only stays."""
    runs = cell.startswith(DANGEROUS) and not cell.replace("+", "", 1).replace(" ", "").isdigit()
    return f"'{cell}" if runs else cell
