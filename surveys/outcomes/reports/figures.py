"""The dashboard's figures for paper: the same drawing and the same rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from surveys.i18n import gettext as _
from surveys.outcomes.drawing import FONT, INK, PRINT_INK, allowed
from surveys.outcomes.figure import Figure
from surveys.outcomes.reports.printable import printable
from surveys.outcomes.reports.tables import laid_out

PAPER = 720  # pixels of the plotting area
PRINT_FONT = "Libertinus Serif"  # comes with the typesetter
SIZE = re.compile(r"<svg [^>]*?width=\"([\d.]+)\" height=\"([\d.]+)\"")
PLOT = re.compile(r'd="M0,0h[\d.]+v([\d.]+)')
HEADING = re.compile(r'<text [^>]*translate\([-\d.]+,([\d.]+)\)[^>]*font-size="14px"')
TALLEST = 1030  # pixels that fit on a page
ABOVE, MARGIN = 18, 6  # pixels from a heading's line to the rows before it; above the plotting area
WORDS = re.compile(r"(?<=>)[^<>]+(?=</text>)")


@dataclass(frozen=True, slots=True)
class Drawing:
    """``size``: width and height in pixels, of which all drawings have the same scale on paper.

    ``pieces``: top and bottom of each part that is printed in one piece; ``axis``: where the upright area ends.
    """

    svg: str
    size: tuple[float, float]
    pieces: tuple[tuple[float, float], ...]
    axis: float


def drawing(figure: Figure) -> Drawing | None:
    """The figure's drawing in dark ink and the report's type; None where nothing is drawn."""
    if figure.chart is None:
        return None
    svg = allowed(figure.chart(PAPER))
    size = SIZE.search(svg)
    assert size is not None  # noqa: S101 - the renderer writes both
    svg = WORDS.sub(lambda match: printable(match[0]), svg)
    svg = svg.replace(INK, PRINT_INK).replace(FONT, PRINT_FONT)
    width, height = float(size[1]), float(size[2])
    plot = PLOT.search(svg)
    axis = MARGIN + float(plot[1]) if plot else height
    return Drawing(svg, (width, height), parted(svg, height, axis), axis)


def parted(svg: str, height: float, axis: float) -> tuple[tuple[float, float], ...]:
    """The whole, or where that is taller than a page parts that begin at headings; the axis goes below each."""
    if height <= TALLEST:
        return ((0.0, height),)
    room, top, found = TALLEST - (height - axis), 0.0, []
    cuts = sorted({float(place) - ABOVE + MARGIN for place in HEADING.findall(svg)})
    for cut, following in pairwise([*cuts, axis]):
        if following - top > room and cut - top > ABOVE:
            found.append((top, cut))
            top = cut
    return (*found, (top, height))


def printed_figure(figure: Figure, drawn: Drawing | None) -> dict[str, Any]:
    """What stands around the drawing, which the document finds by the figure's code."""
    return {
        "code": figure.code,
        "title": figure.title,
        "description": figure.description,
        "standing": figure.standing,
        "rule": figure.rule,
        "why_not": "" if drawn or figure.table.rows else figure.why_not or _("Nobody can be judged yet."),
        "drawing": {"size": drawn.size, "pieces": drawn.pieces, "axis": drawn.axis} if drawn else None,
        "table": laid_out(figure.table),
        "table_name": _("Numbers: %(title)s", title=figure.title),
        "sha256": figure.data_hash,
        "rows": len(figure.table.rows),
    }


def columns_of(figures: tuple[Figure, ...]) -> Iterator[tuple[str, str]]:
    """Every column of the figures' files, each once: its code and, where the page shows it, its words."""
    seen: set[str] = set()
    for figure in figures:
        for column in figure.table.columns:
            if column.code not in seen:
                seen.add(column.code)
                yield column.code, column.title if column.shown else ""
