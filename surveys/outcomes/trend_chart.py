"""One patient's scale over true months: lines join only visits that follow each other; a gap stays a gap."""

from __future__ import annotations

from collections.abc import Sequence

from scoring.instrument import Scale
from surveys.i18n import gettext as _
from surveys.outcomes.charts.axes import TITLE, Span, foot, months_between, room_of, side, ticks
from surveys.outcomes.charts.ink import Point, lines, marker, path, picture
from surveys.outcomes.drawing import COLOURS
from surveys.outcomes.drawing import ROOM as MARGIN

HEIGHT, TICKS, MARK = 130, 4, 60
Row = tuple[float, float | None]  # months from the index date, value


def trend_chart(rows: Sequence[Row], treatments: Sequence[float], scale: Scale, *, width: int) -> str:
    """Draw the whole range of the scale, with a dashed line at each treatment."""
    places = [months for months, _value in rows] + list(treatments) + [0.0]
    room = 0.04 * max(max(places) - min(places), 1)
    x, y = Span(min(places) - room, max(places) + room, 0, width), Span(scale.minimum, scale.maximum, HEIGHT, 0)
    marks = ticks(scale.minimum, scale.maximum, TICKS)
    pieces = stretches(rows, x, y)
    parts = [
        *side(y, width, marks),
        *foot(x, HEIGHT, months_between(x.low, x.high), [_("Months")], grid=False),
        lines([(x.at(months), 0, x.at(months), HEIGHT) for months in treatments], dash="3,3", opacity=0.6),
        *(path(piece, COLOURS[0], 2.5) for piece in pieces if len(piece) > 1),
        *(marker("circle", point, COLOURS[0], MARK) for piece in pieces for point in piece),
    ]
    return picture(parts, (width, HEIGHT), MARGIN["left"] + room_of(marks, 0), MARGIN["top"] + 2, TITLE + 3)


def stretches(rows: Sequence[Row], x: Span, y: Span) -> list[list[Point]]:
    """Where the points of each stretch between gaps stand."""
    pieces: list[list[Point]] = [[]]
    for months, value in sorted(rows, key=lambda row: row[0]):
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append((x.at(months), y.at(value)))
    return pieces
