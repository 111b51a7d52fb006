"""One bar per patient, sorted, an arm below the other on one scale, with the threshold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from surveys.outcomes.charts.axes import Span, room_of, side, ticks, widened
from surveys.outcomes.charts.ink import BOLD, Box, boxes, lines, picture, room_for, within, words
from surveys.outcomes.charts.marks import Fall
from surveys.outcomes.drawing import COLOURS
from surveys.outcomes.drawing import ROOM as MARGIN

PANEL, BETWEEN, HEAD = 118, 35, 23  # pixels: an arm's height, from one to the next, the title's line
GAP = 0.12  # of a bar's place, left free while bars are wide enough to tell apart
FEW = 60  # bars, up to which a gap stands between them
HAIR = 0.5  # pixels above and below zero of a bar without change, so that it is seen
PALE = 0.38


def waterfall_chart(
    falls: Sequence[Fall], unit: str, threshold: float | None, arms: Sequence[str], *, width: int
) -> str:
    """Draw an arm below the other, all on one scale; ``threshold`` in the unit of change, None: no line."""
    amounts = [fall.change for fall in falls] + [0.0, threshold or 0.0]
    ends = widened(min(amounts), max(amounts))
    own = [[fall for fall in falls if fall.arm == arm] for arm in arms]
    panels = [(bars, at) for at, bars in enumerate(own) if bars]
    tops = [place * (PANEL + BETWEEN) for place in range(len(panels))]
    parts = [
        part
        for (bars, at), top in zip(panels, tops, strict=True)
        for part in _panel(bars, COLOURS[at % len(COLOURS)], threshold, Span(*ends, top + PANEL, top), width)
    ]
    left = room_of(ticks(*ends, 5), 0)
    title = words((-left, -HEAD + 10), unit)
    size = (width, tops[-1] + PANEL)
    return picture([title, *parts], size, MARGIN["left"] + left, MARGIN["top"] + HEAD, MARGIN["bottom"] + 2)


def _panel(bars: Sequence[Fall], colour: str, threshold: float | None, span: Span, width: int) -> Iterator[str]:
    yield from side(span, width, ticks(span.low, span.high, 5))
    places = _places(bars, span, width)
    for met in (True, False):
        some = [place for place, bar in zip(places, bars, strict=True) if bool(bar.met) is met]
        yield boxes(some, colour, 0.9 if met else PALE)
    zero = round(span.at(0)) + 0.5
    yield lines([(0, zero, width, zero)])
    if threshold is not None:
        yield lines([(0, span.at(threshold), width, span.at(threshold))], thick=1.5, dash="4,4")
    counted = f" {bars[0].responders}/{bars[0].evaluable}"
    told = within(bars[0].label, width - room_for(counted, BOLD), BOLD) + counted
    yield words((width, span.end + 10), told, anchor="end", weight=600)  # the corner that the falling bars leave free


def _places(bars: Sequence[Fall], span: Span, width: int) -> list[Box]:
    """A share of the width for each."""
    step, gap = width / len(bars), GAP if len(bars) <= FEW else 0.0
    zero = span.at(0)
    return [
        (step * (at + gap / 2), min(end, zero - HAIR), step * (at + 1 - gap / 2), max(end, zero + HAIR))
        for at, end in enumerate(span.at(bar.change) for bar in bars)
    ]
