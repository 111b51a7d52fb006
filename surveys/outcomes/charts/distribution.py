"""Share of patients who improved by at least each amount, by arm, with the threshold."""

from __future__ import annotations

from collections.abc import Sequence

from surveys.i18n import gettext as _
from surveys.outcomes.chart_library import alt
from surveys.outcomes.distribution import Step
from surveys.outcomes.drawing import COLOURS, DASHES, INK, Chart, configured, rows_chart

HEIGHT = 270
NAMES = 0.085  # of the height: a line of the names above the curves


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
    present = [arm for arm in arms if any(step.arm == arm for step in steps)]
    top = 1.03 + NAMES * len(present)
    x = alt.X("change:Q", title=unit, scale=alt.Scale(domain=[low, high], nice=False))
    axis = alt.Axis(format="~%", values=[0, 0.2, 0.4, 0.6, 0.8, 1], titleY=HEIGHT * (1 - 0.5 / top))
    share = alt.Y("share:Q", title=_("Share of patients"), scale=alt.Scale(domain=[0, top], nice=False), axis=axis)
    curves = [_curve(steps, arm, arms.index(arm), (low, high), x, share) for arm in present]
    lines = [] if threshold is None else [_threshold(threshold, share)]
    names = _names(steps, present, arms, threshold, share)
    return configured(alt.layer(*lines, *curves, *names).properties(width=width, height=HEIGHT))


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


def _threshold(threshold: float, y: alt.Y) -> Chart:
    line = rows_chart([{"change": threshold, "share": 0, "top": 1}])
    rule = line.mark_rule(color=INK, strokeDash=[4, 4], strokeWidth=1.5, aria=False)
    return rule.encode(x=alt.X("change:Q"), y=y, y2=alt.Y2("top:Q"))


def _names(
    steps: Sequence[Step], present: Sequence[str], arms: Sequence[str], threshold: float | None, y: alt.Y
) -> list[Chart]:
    """Each arm's name above the curves, with a piece of its line and its share at the threshold."""
    layers = []
    for place, arm in enumerate(reversed(present)):
        row = {"share": 1.03 + NAMES * (place + 0.5), "words": _words(steps, arm, threshold)}
        look = arms.index(arm) % len(COLOURS)
        piece = rows_chart([row]).mark_rule(color=COLOURS[look], strokeWidth=2.5, strokeDash=DASHES[look], aria=False)
        layers.append(piece.encode(x=alt.XValue(0), x2=alt.X2Value(26), y=y))  # type: ignore[no-untyped-call]
        text = rows_chart([row]).mark_text(align="left", fontSize=13, fontWeight=600, color=INK, aria=False)
        layers.append(text.encode(x=alt.XValue(33), y=y, text=alt.Text("words:N")))  # type: ignore[no-untyped-call]
    return layers


def _words(steps: Sequence[Step], arm: str, threshold: float | None) -> str:
    own = [step for step in steps if step.arm == arm]
    if threshold is None:
        return f"{own[0].arm_label}, n = {own[0].n}"
    reached = [step for step in own if step.change >= threshold - 1e-9]
    share = reached[0].share if reached else 0.0
    return f"{own[0].arm_label} {100 * share:.0f} %"
