"""Share without the event over true months by arm, with its band, and the numbers at risk beneath."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from surveys.i18n import gettext as _
from surveys.outcomes.charts.axes import SHARES, Span, Tick, foot, room_of, side
from surveys.outcomes.charts.beneath import Beneath
from surveys.outcomes.charts.ink import area, lasting, path, picture
from surveys.outcomes.charts.marks import AtRisk, CurvePoint
from surveys.outcomes.charts.names import ROOM as NAMES
from surveys.outcomes.charts.names import names_above
from surveys.outcomes.drawing import COLOURS, DASHES
from surveys.outcomes.drawing import ROOM as MARGIN

HEIGHT = 250


def survival_chart(
    points: Sequence[CurvePoint], at_risk: Sequence[AtRisk], title: str, arms: Sequence[str], *, width: int
) -> str:
    """Draw falling staircases; ``points`` reach to the end of each arm's follow-up; colours follow ``arms``."""
    last = max(1.0, *(point.months for point in points))
    x, y = Span(-0.03 * last, 1.03 * last, 0, width), Span(0, 1, HEIGHT, 0)
    beneath, names = Beneath(_numbers(at_risk), x), _labels(points, arms)
    parts = [
        *side(y, width, SHARES, middle=HEIGHT / 2, title=[title]),
        *foot(x, HEIGHT, _months(at_risk), [_("Months since the first treatment")], grid=False),
        *(part for at, arm in enumerate(arms) for part in _curve(points, arm, at % len(COLOURS), x, y)),
        *names_above(names, width),
        *beneath.drawn(HEIGHT),
    ]
    left = MARGIN["left"] + room_of(SHARES, 1)
    return picture(parts, (width, HEIGHT), left, MARGIN["top"] + NAMES * len(names), beneath.below)


def _months(at_risk: Sequence[AtRisk]) -> list[Tick]:
    return [(months, f"{months:.4g}") for months in sorted({row.months for row in at_risk})]


def _curve(points: Sequence[CurvePoint], arm: str, look: int, x: Span, y: Span) -> Iterator[str]:
    own = [point for point in points if point.arm == arm]
    low = [(x.at(point.months), y.at(point.low)) for point in own if point.low is not None]
    high = [(x.at(point.months), y.at(point.high)) for point in own if point.high is not None]
    if low and high:
        yield area(lasting(low), lasting(high), COLOURS[look], 0.16)
    if own:
        line = [(x.at(point.months), y.at(point.share)) for point in own]
        yield path(lasting(line), COLOURS[look], 2.5, DASHES[look])


def _labels(points: Sequence[CurvePoint], arms: Sequence[str]) -> list[tuple[int, str]]:
    labels = {point.arm: point.label for point in points}
    return [(at, labels[arm]) for at, arm in enumerate(arms) if arm in labels]


def _numbers(at_risk: Sequence[AtRisk]) -> dict[str, list[tuple[float, int]]]:
    labels = dict.fromkeys(row.label for row in at_risk)
    return {label: [(row.months, row.n) for row in at_risk if row.label == label] for label in labels}
