"""The levels of the global perceived effect in words."""

from __future__ import annotations

from surveys.i18n import gettext as _

GPE = "gpe"  # the scale: 1 is the best level


def level_words() -> tuple[str, ...]:
    """The seven levels, the best first (Austevoll 2019)."""
    better = (_("Completely recovered"), _("Much improved"), _("Slightly improved"))
    return (*better, _("Unchanged"), _("Slightly worse"), _("Much worse"), _("Worse than ever"))


def said_level(scale: str, value: float | None) -> str:
    """What a value of a scale of named levels says; empty for other scales and where there is none."""
    return level_words()[int(value) - 1] if scale == GPE and value is not None else ""
