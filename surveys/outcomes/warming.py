"""The first chart and the first test of a process take over a second; do both once before somebody asks."""

from __future__ import annotations

from importlib import import_module

from surveys.outcomes.drawing import configured, draw, rows_chart

STATISTICS = ("scipy.stats", "scoring.effect", "scoring.imputed_responders", "scoring.survival", "scoring.subgroups")


def warm() -> None:
    """Draw the smallest chart there is, and load what the figures beyond the first count with."""
    draw(configured(rows_chart([{"x": 0}]).mark_point(aria=False).encode(x="x:Q")))
    for name in STATISTICS:
        import_module(name)
