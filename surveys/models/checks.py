"""Named database checks shared by the models."""

from __future__ import annotations

from sqlalchemy import CheckConstraint


def one_of(column: str, *codes: str) -> CheckConstraint:
    """Return a check that ``column`` holds one of the codes; NULL passes, as SQL has it."""
    listed = ", ".join(f"'{code}'" for code in codes)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")
