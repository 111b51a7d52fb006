"""The first chart of a process takes over a second; draw one that nobody sees before somebody asks."""

from __future__ import annotations

from surveys.outcomes.drawing import configured, draw, rows_chart


def warm() -> None:
    """Draw the smallest chart there is."""
    draw(configured(rows_chart([{"x": 0}]).mark_point(aria=False).encode(x="x:Q")))
