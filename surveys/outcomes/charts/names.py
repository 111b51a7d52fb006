"""Arms' names above a plot, each beside a piece of its line: no name stands at another's line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from surveys.outcomes.charts.ink import BOLD, marker, path, within, words
from surveys.outcomes.drawing import COLOURS, DASHES, SHAPES

ROOM = 18  # pixels of a name's line above the plot


def names_above(arms: Sequence[tuple[int, str]], width: float, *, markers: bool = False) -> Iterator[str]:
    """Names over the upper edge of a plot of that width, in their order, cut where they are longer.

    ``arms``: the place of each in the protocol, and its label.
    """
    for up, (at, label) in enumerate(reversed(arms)):
        height, look = -12 - ROOM * up, at % len(COLOURS)
        yield path([(0, height), (28, height)], COLOURS[look], 2.5, DASHES[look])
        if markers:
            yield marker(SHAPES[look], (14, height), COLOURS[look])
        yield words((36, height + 4), within(label, width - 36, BOLD), weight=600)
