"""Bars of shares with their intervals, each labelled with its n and N, and framed by what the missing could change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from surveys.outcomes.charts.axes import HALVES, LINE, SHARES, TITLE, Span, foot
from surveys.outcomes.charts.ink import BOLD, boxes, frame, lines, picture, room_for, within, words, wrapped
from surveys.outcomes.charts.marks import Bar
from surveys.outcomes.drawing import COLOURS
from surveys.outcomes.drawing import ROOM as MARGIN
from surveys.outcomes.words import interval_words, percent

ROOM = 400  # pixels that a label with its interval takes
NO_AXIS = 45  # pixels that other charts give to the labels of their upright axis
HEADING, ROW = 30, 46  # pixels: a timepoint's line, an arm's label with its bar
OVER, TOP, MIDDLE, BOTTOM, UNDER = 17, 20, 29, 38, 41  # pixels of a row: the frame around the bar


def bar_chart(bars: Sequence[Bar], headings: Mapping[str, str], title: Sequence[str], *, width: int) -> str:
    """Draw one bar per share under its heading; text stands above its bar at every width.

    ``title``: what the axis counts, one line or more.
    """
    narrow = width < ROOM
    width += NO_AXIS if narrow else 0
    places, heads, height = _places(bars, headings, width)
    span = Span(0, 1, 0, width)
    parts = [
        *foot(span, height, HALVES if narrow else SHARES, title),
        *(part for bar, top in places for part in _bar(bar, top, span)),
        *(words((0, top + TOP - 7), _words(bar, width, short=narrow)) for bar, top in places),
        *heads,
    ]
    return picture(parts, (width, height), MARGIN["left"] + 1, MARGIN["top"], TITLE + LINE * (len(title) - 1) + 3)


def _places(
    bars: Sequence[Bar], headings: Mapping[str, str], width: int
) -> tuple[list[tuple[Bar, int]], list[str], int]:
    """Where bars stand, in pixels from the top; the headings; the whole height."""
    places, heads, top = [], [], 0
    for before, bar in zip([None, *bars], bars, strict=False):
        if before is None or before.under != bar.under:
            said = wrapped(headings[bar.under], width, BOLD + 1)
            top += HEADING + LINE * (len(said) - 1)
            heads += [words((0, top - 9 - LINE * up), text, size=14, weight=700) for up, text in enumerate(said[::-1])]
        places.append((bar, top))
        top += ROW
    return places, heads, top


def _bar(bar: Bar, top: int, span: Span) -> Iterator[str]:
    """The bar, a dashed frame from the worst to the best that the missing answers leave possible, and the interval."""
    rate = _rate(bar) or 0
    if rate:
        yield boxes([(0, top + TOP, span.at(rate), top + BOTTOM)], COLOURS[bar.colour % 6], 0.85)
    if bar.envelope and bar.envelope[0] != bar.envelope[1]:
        worst, best = map(span.at, bar.envelope)
        yield frame((worst, top + OVER, best, top + UNDER), "3,2")
    if bar.interval:
        low, high = map(span.at, bar.interval)
        ends = ((x, top + MIDDLE - 5, x, top + MIDDLE + 5) for x in (low, high))
        yield lines(((low, top + MIDDLE, high, top + MIDDLE), *ends), thick=1.8)


def _rate(bar: Bar) -> float | None:
    if bar.pooled is not None:
        return bar.pooled
    return bar.k / bar.n if bar.n else None


def _words(bar: Bar, width: float, *, short: bool) -> str:
    """What stands above a bar; a name that leaves its numbers no room is cut."""
    counted = f"{bar.k}/{bar.n}" if bar.pooled is None else f"n = {bar.n}"
    said = f": {counted}, {percent(_rate(bar))}"
    if bar.interval and not short:
        said += f" ({interval_words(bar.interval)})"
    return within(bar.label, width - room_for(said)) + said
