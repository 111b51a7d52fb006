"""Share of patients who improved by at least each amount, by arm, with the threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from surveys.i18n import gettext as _
from surveys.outcomes.chart_library import alt
from surveys.outcomes.distribution import Step
from surveys.outcomes.drawing import COLOURS, DASHES, INK, Chart, configured, rows_chart, spread

HEIGHT = 270


def share_chart(
    steps: Sequence[Step],
    unit: str,
    threshold: float | None,
    arms: Sequence[str],
    *,
    width: int,
) -> Chart:
    """Draw one falling staircase per arm; ``threshold`` in the unit of change, None: no line."""
    low, high = _span(steps, threshold)
    x = alt.X("change:Q", title=unit, scale=alt.Scale(domain=[low, high], nice=False))
    share = alt.Y("share:Q", title=_("Share of patients"), scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="~%"))
    present = [arm for arm in arms if any(step.arm == arm for step in steps)]
    curves = [_curve(steps, arm, arms.index(arm), (low, high), x, share) for arm in present]
    lines = [] if threshold is None else [_threshold(threshold)]
    names = _names(steps, present, threshold if threshold is not None else (low + high) / 2, x)
    return configured(alt.layer(*lines, *curves, names).properties(width=width, height=HEIGHT))


def _span(steps: Sequence[Step], threshold: float | None) -> tuple[float, float]:
    """Whole tens around everything that is drawn; units for scales of ten points."""
    amounts = [step.change for step in steps] + [threshold or 0.0, 0.0]
    size = 10.0 if max(amounts) - min(amounts) > 15 else 1.0
    return size * (min(amounts) // size), size * -(-max(amounts) // size)


def _curve(steps: Sequence[Step], arm: str, at: int, span: tuple[float, float], x: alt.X, y: alt.Y) -> Chart:
    own = [{"change": step.change, "share": step.share} for step in steps if step.arm == arm]
    points = [{"change": span[0], "share": 1.0}, *own, {"change": span[1], "share": 0.0}]
    look = at % len(COLOURS)
    line = rows_chart(points).mark_line(
        interpolate="step-before", color=COLOURS[look], strokeWidth=2.5, strokeDash=DASHES[look], aria=False
    )
    return line.encode(x=x, y=y)


def _threshold(threshold: float) -> Chart:
    line = rows_chart([{"change": threshold}])
    return line.mark_rule(color=INK, strokeDash=[4, 4], strokeWidth=1.5, aria=False).encode(x="change:Q")


def _names(steps: Sequence[Step], arms: Sequence[str], threshold: float, x: alt.X) -> Chart:
    """Each arm's name and its share at the threshold, right of the line."""
    found = [_at_threshold(steps, arm, threshold) for arm in arms]
    places = spread([row["share"] + 0.045 for row in found], 0.075)
    values = [{**row, "change": threshold, "y": place} for row, place in zip(found, places, strict=True)]
    text = rows_chart(values).mark_text(align="left", dx=7, fontSize=13, fontWeight=600, color=INK, aria=False)
    return text.encode(x=x, y=alt.Y("y:Q"), text="words:N")


def _at_threshold(steps: Sequence[Step], arm: str, threshold: float) -> dict[str, Any]:
    reached = [step for step in steps if step.arm == arm and step.change >= threshold - 1e-9]
    any_step = next(step for step in steps if step.arm == arm)
    share = reached[0].share if reached else 0.0
    return {"share": share, "words": f"{any_step.arm_label} {100 * share:.0f} %"}
