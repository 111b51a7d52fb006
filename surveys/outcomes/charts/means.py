"""Mean by arm over true months, with interval, and the number answering under each timepoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scoring.instrument import Scale
from surveys.i18n import gettext as _
from surveys.outcomes.charts.axes import Span, Tick, foot, room_of, side, ticks
from surveys.outcomes.charts.beneath import Beneath
from surveys.outcomes.charts.ink import marker, path, picture
from surveys.outcomes.charts.names import ROOM as NAMES
from surveys.outcomes.charts.names import names_above
from surveys.outcomes.drawing import COLOURS, DASHES, SHAPES
from surveys.outcomes.drawing import ROOM as MARGIN
from surveys.outcomes.means import LinePoint, MeanPoint

HEIGHT, EVERY = 250, 36  # pixels: the plot, and from one number of its axis to the next, about
APART = 0.012  # share of the time axis by which arms stand beside each other


@dataclass(frozen=True, slots=True)
class _Plot:
    """``arms``: the codes that have points, in the protocol's order with their places in it."""

    points: Sequence[MeanPoint]
    arms: Sequence[tuple[int, str]]
    x: Span
    y: Span

    def label(self, arm: str) -> str:
        return next(point.arm_label for point in self.points if point.arm == arm)

    def numbers(self) -> dict[str, list[tuple[float, int]]]:
        return {
            self.label(arm): [(point.months, point.mean.n) for point in self.points if point.arm == arm]
            for _at, arm in self.arms
        }


def mean_chart(
    points: Sequence[MeanPoint], single: Sequence[LinePoint], scale: Scale, arms: Sequence[str], *, width: int
) -> str:
    """Draw the whole range of the scale; ``width`` in pixels; colours follow the order of ``arms``.

    ``single``: thin lines of single patients behind the means, may be empty.
    """
    last = max(1.0, *(point.months for point in points))
    there = [(at, arm) for at, arm in enumerate(arms) if any(point.arm == arm for point in points)]
    y, marks = Span(scale.minimum, scale.maximum, HEIGHT, 0), ticks(scale.minimum, scale.maximum, -(-HEIGHT // EVERY))
    plot = _Plot(points, there, Span(-0.04 * last, 1.06 * last, 0, width), y)
    title, beneath = _axis_words(scale), Beneath(plot.numbers(), plot.x)
    parts = [
        *side(y, width, marks, middle=HEIGHT / 2, title=title),
        *foot(plot.x, HEIGHT, _months(points), [_("Months since the index date")], grid=False),
        *(part for at, arm in enumerate(arms) for part in _single(plot, single, arm, at)),
        *(part for at, arm in there for part in _arm(plot, arm, at)),
        *names_above([(at, plot.label(arm)) for at, arm in there], width, markers=True),
        *beneath.drawn(HEIGHT),
    ]
    left = MARGIN["left"] + room_of(marks, len(title))
    return picture(parts, (width, HEIGHT), left, MARGIN["top"] + NAMES * len(there), beneath.below)


def _months(points: Sequence[MeanPoint]) -> list[Tick]:
    whole = sorted({round(point.months, 2) for point in points if point.months >= 1 or point.months == 0})
    return [(months, f"{months:.4g}") for months in whole]


def _axis_words(scale: Scale) -> list[str]:
    better = _("lower is better") if scale.direction == "higher_is_worse" else _("higher is better")
    return [scale.label, f"({better})"]


def _arm(plot: _Plot, arm: str, at: int) -> Iterator[str]:
    """Interval, line and marker of one arm, apart by colour, dashes and shape."""
    own, look = [point for point in plot.points if point.arm == arm], at % len(COLOURS)
    aside = (at - 0.5) * APART * (plot.x.high - plot.x.low) / 1.1
    places = [(plot.x.at(point.months + aside), plot.y.at(point.mean.mean or 0.0)) for point in own]
    for (x, _y), point in zip(places, own, strict=True):
        if point.mean.interval:
            yield path([(x, plot.y.at(end)) for end in point.mean.interval], COLOURS[look], 2)
    yield path(places, COLOURS[look], 2.5, DASHES[look])
    yield from (marker(SHAPES[look], place, COLOURS[look]) for place in places)


def _single(plot: _Plot, single: Sequence[LinePoint], arm: str, at: int) -> Iterator[str]:
    """Thin lines of the arm's patients."""
    by_line: dict[str, list[tuple[float, float]]] = {}
    for one in single:
        if one.arm == arm:
            by_line.setdefault(one.line, []).append((plot.x.at(one.months), plot.y.at(one.value)))
    yield from (path(line, COLOURS[at % len(COLOURS)], 1, opacity=0.22) for line in by_line.values() if len(line) > 1)
