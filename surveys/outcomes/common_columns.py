"""Columns that most tables of figures begin with, and the two ends of an interval."""

from __future__ import annotations

from surveys.i18n import gettext as _
from surveys.outcomes.table import Column


def of_arm() -> tuple[Column, Column]:
    """The arm: its code in the file, its name on the page."""
    return Column("arm", _("Arm"), shown=False), Column("arm_label", _("Arm"))


def of_place() -> tuple[Column, ...]:
    """The timepoint and the arm, each as code and as name."""
    return Column("timepoint", _("Timepoint"), shown=False), Column("when", _("Timepoint")), *of_arm()


def ends(name: str = "", *, digits: int | None = None, percent: bool = False) -> tuple[Column, Column]:
    """Both ends of a 95 % interval; ``name``: of what, where a table has several."""
    low, high = (f"{name}_{end}" if name else end for end in ("low", "high"))
    return Column(low, _("95 % from"), digits, percent), Column(high, _("to"), digits, percent)
