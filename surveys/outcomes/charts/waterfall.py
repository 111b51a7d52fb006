"""One bar per patient, sorted, an arm below the other on one scale, with the threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from surveys.outcomes.chart_library import alt
from surveys.outcomes.charts.marks import Fall
from surveys.outcomes.drawing import COLOURS, INK, Chart, configured, rows_chart

PANEL = 118  # pixels of an arm's height
GAP = 0.12  # of a bar's place, left free while bars are wide enough to tell apart
FEW = 60  # bars, up to which a gap stands between them
PALE = 0.38


def waterfall_chart(
    falls: Sequence[Fall], unit: str, threshold: float | None, arms: Sequence[str], *, width: int
) -> Chart:
    """Draw an arm below the other, all on one scale; ``threshold`` in the unit of change, None: no line."""
    amounts = [fall.change for fall in falls] + [0.0, threshold or 0.0]
    span = alt.Scale(domain=[min(amounts), max(amounts)], nice=True)
    own = {arm: [fall for fall in falls if fall.arm == arm] for arm in arms}
    panels = [_panel(bars, arms.index(arm), threshold, span) for arm, bars in own.items() if bars]
    sized = [panel.properties(width=width, height=PANEL) for panel in panels]
    title = alt.TitleParams(unit, anchor="start", fontSize=13, fontWeight="normal", color=INK, dy=-4)
    return configured(alt.vconcat(*sized, spacing=22, title=title))


def _panel(bars: Sequence[Fall], look: int, threshold: float | None, span: alt.Scale) -> Chart:
    y = alt.Y("change:Q", title=None, scale=span, axis=alt.Axis(tickCount=5))
    x = alt.X("left:Q", axis=None, scale=alt.Scale(domain=[0, 1], nice=False))
    rows = _places(bars)
    colour = COLOURS[look % len(COLOURS)]
    drawn = [
        rows_chart([row for row in rows if row["met"] is met])
        .mark_rect(color=colour, opacity=0.9 if met else PALE, aria=False)
        .encode(x=x, x2=alt.X2("right:Q"), y=y, y2=alt.Y2("zero:Q"))
        for met in (True, False)
    ]
    zero = rows_chart([{"change": 0}]).mark_rule(color=INK, strokeWidth=1, aria=False).encode(y=y)
    return alt.layer(*drawn, zero, *_threshold(threshold, y), _name(bars[0], x))


def _places(bars: Sequence[Fall]) -> list[dict[str, Any]]:
    """A share of the width for each; a bar without change keeps a hair's height, so that it is seen."""
    step, gap = 1 / len(bars), GAP if len(bars) <= FEW else 0.0
    return [
        {"left": step * (at + gap / 2), "right": step * (at + 1 - gap / 2), "zero": 0, "change": bar.change}
        | {"met": bool(bar.met)}
        for at, bar in enumerate(bars)
    ]


def _threshold(threshold: float | None, y: alt.Y) -> list[Chart]:
    if threshold is None:
        return []
    line = rows_chart([{"change": threshold}])
    return [line.mark_rule(color=INK, strokeDash=[4, 4], strokeWidth=1.5, aria=False).encode(y=y)]


def _name(bar: Fall, x: alt.X) -> Chart:
    """The arm with its counts, in the corner that the falling bars leave free."""
    words = [bar.label, f"{bar.responders}/{bar.evaluable}"]
    mark = rows_chart([{"left": 1, "words": " ".join(words)}]).mark_text(
        align="right", baseline="top", fontSize=13, fontWeight=600, color=INK, aria=False
    )
    return mark.encode(x=x, y=alt.YValue(0), text=alt.Text("words:N"))  # type: ignore[no-untyped-call]
