"""Mean by arm over true months, with interval, and the number answering under each timepoint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from scoring.instrument import Scale
from surveys.i18n import gettext as _
from surveys.outcomes.chart_library import alt
from surveys.outcomes.drawing import COLOURS, DASHES, INK, SHAPES, Chart, configured, label_room, rows_chart
from surveys.outcomes.means import LinePoint, MeanPoint

HEIGHT = 250
APART = 0.012  # share of the time axis by which arms stand beside each other


def mean_chart(
    points: Sequence[MeanPoint], lines: Sequence[LinePoint], scale: Scale, arms: Sequence[str], *, width: int
) -> Chart:
    """Draw the whole range of the scale; ``width`` in pixels; colours follow the order of ``arms``.

    ``lines``: thin lines of single patients behind the means, may be empty.
    """
    last = max(point.months for point in points)
    rows = [_row(point, arms.index(point.arm), last) for point in points]
    x = alt.X("x:Q", title=_("Months since the index date"), axis=_months(points), scale=_span(last))
    y = alt.Y("mean:Q", title=_axis_words(scale), scale=alt.Scale(domain=[scale.minimum, scale.maximum]))
    behind = [_single(lines, arm, at, x, y) for at, arm in enumerate(arms) if any(one.arm == arm for one in lines)]
    layers = [layer for at in sorted({row["at"] for row in rows}) for layer in _arm(rows, at, x, y)]
    upper = alt.layer(*behind, *layers, *_names(rows)).properties(width=width, height=HEIGHT)
    height = 22 * len({row["at"] for row in rows})
    lower = _numbers(rows, _span(last), label_room(width)).properties(width=width, height=height)
    return configured(alt.vconcat(upper, lower, spacing=4))


def _row(point: MeanPoint, at: int, last: float) -> dict[str, Any]:
    low, high = point.mean.interval or (None, None)
    x = point.months + (at - 0.5) * APART * max(last, 1)
    figures = {"mean": point.mean.mean, "low": low, "high": high, "n": point.mean.n}
    return {"at": at, "label": point.arm_label, "months": point.months, "x": x, **figures}


def _span(last: float) -> alt.Scale:
    return alt.Scale(domain=[-0.04 * max(last, 1), 1.06 * max(last, 1)], nice=False)


def _months(points: Sequence[MeanPoint]) -> alt.Axis:
    whole = sorted({round(point.months, 2) for point in points if point.months >= 1 or point.months == 0})
    return alt.Axis(values=whole, format=".4~g", grid=False, labelOverlap="greedy", ticks=True)


def _axis_words(scale: Scale) -> list[str]:
    better = _("lower is better") if scale.direction == "higher_is_worse" else _("higher is better")
    return [scale.label, f"({better})"]


def _arm(rows: Sequence[dict[str, Any]], at: int, x: alt.X, y: alt.Y) -> list[Chart]:
    """Interval, line and marker of one arm, apart by colour, dashes and shape."""
    base = rows_chart([row for row in rows if row["at"] == at])
    look = at % len(COLOURS)
    bars = base.mark_rule(color=COLOURS[look], strokeWidth=2, aria=False).encode(
        x=x, y=alt.Y("low:Q"), y2=alt.Y2("high:Q")
    )
    line = base.mark_line(color=COLOURS[look], strokeWidth=2.5, strokeDash=DASHES[look], aria=False)
    marks = base.mark_point(color=COLOURS[look], shape=SHAPES[look], size=75, filled=True, opacity=1, aria=False)
    return [bars, line.encode(x=x, y=y), marks.encode(x=x, y=y)]


def _single(lines: Sequence[LinePoint], arm: str, at: int, x: alt.X, y: alt.Y) -> Chart:
    rows = [{"x": one.months, "mean": one.value, "line": one.line} for one in lines if one.arm == arm]
    thin = rows_chart(rows).mark_line(color=COLOURS[at % len(COLOURS)], strokeWidth=1, opacity=0.22, aria=False)
    return thin.encode(x=x, y=y, detail=alt.Detail("line:N"))


def _names(rows: Sequence[dict[str, Any]]) -> list[Chart]:
    """Each arm's name above the plot beside a piece of its line, so that no name stands at another's line."""
    labels = {row["at"]: row["label"] for row in rows}
    return [
        layer for up, at in enumerate(sorted(labels, reverse=True)) for layer in _name(labels[at], at, -12 - 18 * up)
    ]


def _name(label: str, at: int, height: int) -> list[Chart]:
    look, y = at % len(COLOURS), _at(alt.YValue, height)
    row = rows_chart([{"label": label}])
    piece = row.mark_rule(color=COLOURS[look], strokeWidth=2.5, strokeDash=DASHES[look], aria=False)
    mark = row.mark_point(color=COLOURS[look], shape=SHAPES[look], size=75, filled=True, opacity=1, aria=False)
    text = row.mark_text(align="left", fontSize=13, fontWeight=600, color=INK, aria=False)
    return [
        piece.encode(x=_at(alt.XValue, 0), x2=_at(alt.X2Value, 28), y=y),
        mark.encode(x=_at(alt.XValue, 14), y=y),
        text.encode(x=_at(alt.XValue, 36), y=y, text=alt.Text("label:N")),
    ]


def _at(channel: Callable[[int], Any], pixels: int) -> Any:
    """A place in pixels from the plot's upper left."""
    return channel(pixels)


def _numbers(rows: Sequence[dict[str, Any]], span: alt.Scale, room: int) -> Chart:
    """The number of patients behind each mean, one line per arm."""
    order = [row["label"] for row in {row["at"]: row for row in rows}.values()]
    axis = alt.Axis(title=None, domain=False, ticks=False, labelLimit=room, labelFontSize=12)
    text = rows_chart(list(rows)).mark_text(fontSize=10.5, color=INK, aria=False)
    y = alt.Y("label:N", sort=order, axis=axis)
    return text.encode(x=alt.X("months:Q", axis=None, scale=span), y=y, text=alt.Text("n:Q"))
