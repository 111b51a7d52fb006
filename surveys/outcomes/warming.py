"""The first test of a process takes a second, for what it loads; do that before somebody asks."""

from __future__ import annotations

from importlib import import_module

STATISTICS = ("scipy.stats", "scoring.effect", "scoring.imputed_responders", "scoring.survival", "scoring.subgroups")


def warm() -> None:
    """Load what the figures beyond the first count with."""
    for name in STATISTICS:
        import_module(name)
