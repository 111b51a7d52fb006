"""The one door to the chart library: a specification in, an SVG that the page's policy allows out.

The library is loaded by the first drawing: it takes longer than all the rest, and commands and workers draw nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from html import escape
from itertools import pairwise
from json import dumps, loads
from typing import Any

Chart = Any  # the library's mark and encode methods are untyped; this module and the three charts know them

INK = "#010203"  # a sentinel: the renderer knows no currentColor, so this ink is replaced by it
PRINT_INK = "#1c2424"
PAGE = 560  # pixels of the widest plotting area on a page
FONT = "system-ui, sans-serif"
ROOM = {"left": 16, "right": 8, "top": 6, "bottom": 6}  # readers' fonts are wider than the renderer's
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")  # Okabe and Ito
DASHES = ((1, 0), (7, 3), (2, 3), (8, 3, 2, 3), (4, 2), (1, 2))
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
_OPEN = re.compile(r"<svg [^>]*?width=\"([\d.]+)\" height=\"([\d.]+)\"[^>]*>")
_NOISE = re.compile(r' (?:aria-roledescription|aria-label|aria-hidden|role|pointer-events|class)="[^"]*"')
FORBIDDEN = re.compile(r"<style|<script|<foreignObject|\sstyle=|\son\w+=|javascript:", re.IGNORECASE)


@contextmanager
def unchecked() -> Iterator[None]:
    """Build charts without checking each part against the library's schema: two fifths of a first drawing."""
    from surveys.outcomes.chart_library import alt  # noqa: PLC0415 - loaded by the first drawing

    with alt.utils.schemapi.debug_mode(False):
        yield


def draw(chart: Chart) -> str:
    """Render once per specification, which holds the data: the same figures cost nothing the second time."""
    specification: dict[str, Any] = chart.to_dict(validate=False)
    return _render(dumps(specification, sort_keys=True))


@lru_cache(maxsize=512)
def _render(specification: str) -> str:
    import vl_convert  # noqa: PLC0415 - loaded by the first drawing

    svg = vl_convert.vegalite_to_svg(loads(specification))
    if FORBIDDEN.search(svg):
        raise ValueError("The chart holds styles or scripts, which the page's policy would block.")
    return _NOISE.sub("", svg)


def inline(svg: str, identifier: str, title: str, description: str) -> str:
    """The SVG for a page: named and described, in the page's ink."""
    names = f"{identifier}-title {identifier}-desc"

    def opening(match: re.Match[str]) -> str:
        size = f'width="{match[1]}" height="{match[2]}" viewBox="0 0 {match[1]} {match[2]}"'
        root = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="{names}">'
        title_tag = f'<title id="{identifier}-title">{escape(title)}</title>'
        return f'{root}{title_tag}<desc id="{identifier}-desc">{escape(description)}</desc>'

    return _OPEN.sub(opening, svg, count=1).replace(INK, "currentColor")


def standalone(svg: str, identifier: str, title: str, description: str) -> str:
    """The SVG as a file: dark ink on white paper."""
    drawn = inline(svg, identifier, title, description).replace("currentColor", PRINT_INK)
    return drawn.replace("</desc>", '</desc><rect width="100%" height="100%" fill="#ffffff"/>', 1)


def rows_chart(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """A chart of the rows, to be given a mark and an encoding; in a tuple, which no layer copies row by row."""
    from surveys.outcomes.chart_library import alt  # noqa: PLC0415 - loaded by the first drawing

    return alt.Chart(alt.Data(values=tuple(rows)))  # type: ignore[no-untyped-call]


def configured(chart: Chart) -> Chart:
    """Give a chart the house's type, quiet axes and no background."""
    axis = {"labelColor": INK, "titleColor": INK, "tickColor": INK, "domainColor": INK, "titleFontWeight": "normal"}
    sizes = {"labelFontSize": 13, "titleFontSize": 13, "gridColor": INK, "gridOpacity": 0.14, "titlePadding": 8}
    return (
        chart.configure(font=FONT, background="transparent", padding=ROOM)
        .configure_axis(**axis, **sizes)
        .configure_view(stroke=None)
    )


def label_room(width: int) -> int:
    """Pixels for the names of arms left of a chart: on paper, where charts are wider than on a page, whole names."""
    return 190 if width > PAGE else 110


def spread(places: list[float], gap: float) -> list[float]:
    """Move labels apart until neighbours are at least ``gap`` from each other, keeping their order."""
    order = sorted(range(len(places)), key=lambda at: places[at])
    moved = list(places)
    for lower, upper in pairwise(order):
        moved[upper] = max(moved[upper], moved[lower] + gap)
    return moved
