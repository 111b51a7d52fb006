"""One measure over true months with its bands: what measurement error and the MIC cover around the baseline."""

from __future__ import annotations

from collections.abc import Iterator

from surveys.i18n import gettext as _
from surveys.outcomes.charts.axes import TITLE, foot, months_between, room_of, side, ticks
from surveys.outcomes.charts.axes import Span as Axis
from surveys.outcomes.charts.ink import boxes, lines, marker, path, picture, words
from surveys.outcomes.drawing import COLOURS, INK, spread
from surveys.outcomes.drawing import ROOM as MARGIN
from surveys.outcomes.sheet.course import Course
from surveys.outcomes.sheet.span import Span
from surveys.outcomes.trend_chart import stretches

HEIGHT, TICKS = 132, 4
PLAIN = COLOURS[0]  # what has no signal: the baseline, and scales without a rule
SMALL, LARGE, FLAG = 55, 95, 40  # square pixels of a plain mark, of a signal's and of a treatment's
NAME = 10  # pixels of a band's name
FLOOR = HEIGHT - 6  # the lowest place of a name: the axis runs through none


def course_chart(course: Course, span: Span, *, width: int) -> str:
    """Draw bands, treatments, the line with its gaps, and each visit's mark by its signal."""
    x = Axis(span.domain[0], span.domain[1], 0, width)
    y = Axis(course.scale.minimum, course.scale.maximum, HEIGHT, 0)
    marks = ticks(y.low, y.high, TICKS)
    rows = [(point.moment.months, point.value) for point in course.points]
    parts = [
        *side(y, width, marks),
        *foot(x, HEIGHT, months_between(span.first, span.last), [_("Months")], grid=False),
        *_bands(course, y, width),
        *_treatments(span, x),
        *(path(piece, PLAIN, 2) for piece in stretches(rows, x, y) if len(piece) > 1),
        *_marks(course, x, y),
    ]
    return picture(parts, (width, HEIGHT), MARGIN["left"] + room_of(marks, 0), MARGIN["top"] + 4, TITLE + 3)


def _bands(course: Course, y: Axis, width: int) -> Iterator[str]:
    """A band to both sides of the baseline for the SDC, a darker one for the MIC, each named at its better edge."""
    if course.baseline is None:
        return
    amounts = {"SDC": course.rule.sdc, "MIC": course.rule.mic}
    known = {name: float(amount.value) for name, amount in amounts.items() if amount is not None}
    spans = [(max(y.low, course.baseline - each), min(y.high, course.baseline + each)) for each in known.values()]
    yield from (boxes([(0, y.at(high), width, y.at(low))], INK, 0.08) for low, high in spans)
    better = [span[course.scale.direction == "higher_is_better"] for span in spans]
    places = spread([y.at(edge) for edge in better], NAME)
    sunk = max([0, *(place - FLOOR for place in places)])
    for name, place in zip(known, places, strict=True):
        yield words((width - 2, place - sunk + 3), name, anchor="end", size=NAME)


def _treatments(span: Span, x: Axis) -> Iterator[str]:
    places = [x.at(months) for months in span.given]
    yield lines([(place, 0, place, HEIGHT) for place in places], dash="3,3", opacity=0.7)
    yield from (marker("diamond", (place, 0), INK, FLAG) for place in places)


def _marks(course: Course, x: Axis, y: Axis) -> Iterator[str]:
    for point in course.points:
        if point.value is not None:
            place, signal = (x.at(point.moment.months), y.at(point.value)), point.signal
            if signal is None:
                yield marker("circle", place, PLAIN, SMALL)
            else:
                yield marker(signal.shape, place, signal.colour, LARGE, filled=signal.filled)
