"""What every drawing shares: ink, colours, sizes, its name and description, and what the page's policy allows."""

from __future__ import annotations

import re
from html import escape
from itertools import pairwise

Chart = str  # an SVG in the sentinel's ink
INK = "#010203"  # a sentinel: on a page it becomes the page's ink, in a file and on paper a dark one
PRINT_INK = "#1c2424"
FONT = "system-ui, sans-serif"
ROOM = {"left": 16, "right": 8, "top": 6, "bottom": 6}
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")  # Okabe and Ito
DASHES = ((1, 0), (7, 3), (2, 3), (8, 3, 2, 3), (4, 2), (1, 2))
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
_OPEN = re.compile(r"<svg [^>]*?width=\"([\d.]+)\" height=\"([\d.]+)\"[^>]*>")
# Marks, never words: every "<" of a word is escaped, so from one to its ">" all that is outside of quotes is names.
_INSIDE = r"<(?:[^<>\"]|\"[^\"]*\")*?"
FORBIDDEN = re.compile(
    rf"<(?:style|script|foreignObject)\b|{_INSIDE}\s(?:style|on\w+)\s*=|{_INSIDE}=\s*\"\s*javascript:", re.IGNORECASE
)


def allowed(svg: Chart) -> Chart:
    """The drawing; one that holds styles or scripts is an error, for the page's policy would block it."""
    if FORBIDDEN.search(svg):
        raise ValueError("The chart holds styles or scripts, which the page's policy would block.")
    return svg


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


def spread(places: list[float], gap: float) -> list[float]:
    """Move labels apart until neighbours are at least ``gap`` from each other, keeping their order."""
    order = sorted(range(len(places)), key=lambda at: places[at])
    moved = list(places)
    for lower, upper in pairwise(order):
        moved[upper] = max(moved[upper], moved[lower] + gap)
    return moved
