"""What drawings are written with: boxes, lines, words, markers; each is SVG, in pixels from a plot's upper left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import pairwise
from math import pi, sqrt
from textwrap import wrap

from surveys.outcomes.drawing import FONT, INK, ROOM

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom
MARK = 75  # square pixels
BOLD = 14  # the type that takes as much room as bold letters of 13 pixels
WIDTH = 0.58  # of its size that a character takes on the average, seldom more
CORNERS: Mapping[str, tuple[Point, ...]] = {  # in halves of a square's side
    "square": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    "triangle-up": ((0, -1.2), (1.2, 0.9), (-1.2, 0.9)),
    "triangle-down": ((0, 1.2), (1.2, -0.9), (-1.2, -0.9)),
    "diamond": ((0, -1.4), (1.2, 0), (0, 1.4), (-1.2, 0)),
    "cross": (
        *((-0.4, -1.2), (0.4, -1.2), (0.4, -0.4), (1.2, -0.4), (1.2, 0.4), (0.4, 0.4)),
        *((0.4, 1.2), (-0.4, 1.2), (-0.4, 0.4), (-1.2, 0.4), (-1.2, -0.4), (-0.4, -0.4)),
    ),
}


def number(value: float) -> str:
    """A place to a twentieth of a pixel at the worst, as short as it can be written."""
    return f"{round(value, 1) + 0.0:g}"


def boxes(places: Iterable[Box], fill: str, opacity: float = 1) -> str:
    """Boxes of one colour as one piece; nothing where there are none."""
    drawn = "".join(
        f"M{number(left)},{number(top)}H{number(right)}V{number(bottom)}H{number(left)}Z"
        for left, top, right, bottom in places
    )
    seen = "" if opacity == 1 else f' fill-opacity="{opacity:g}"'
    return f'<path d="{drawn}" fill="{fill}"{seen}/>' if drawn else ""


def lines(places: Iterable[Box], *, thick: float = 1, opacity: float = 1, dash: str = "") -> str:
    """Straight lines in the page's ink, each from its first point to its second, as one piece."""
    drawn = "".join(f"M{number(x)},{number(y)}L{number(to)},{number(down)}" for x, y, to, down in places)
    return _stroked(drawn, INK, thick, dash, opacity) if drawn else ""


def path(points: Sequence[Point], colour: str, thick: float, dash: Sequence[float] = (), opacity: float = 1) -> str:
    """A line through points."""
    drawn = "M" + "L".join(f"{number(x)},{number(y)}" for x, y in points)
    return _stroked(drawn, colour, thick, ",".join(f"{each:g}" for each in dash), opacity)


def falling(points: Sequence[Point]) -> list[Point]:
    """The corners of stairs through points that go up or down first and then along."""
    return [points[0], *(corner for (x, _y), then in pairwise(points) for corner in ((x, then[1]), then))]


def lasting(points: Sequence[Point]) -> list[Point]:
    """The corners of stairs through points that go along first and then up or down."""
    return [points[0], *(corner for (_x, y), then in pairwise(points) for corner in ((then[0], y), then))]


def area(edge: Sequence[Point], back: Sequence[Point], fill: str, opacity: float) -> str:
    """What lies between two lines."""
    drawn = "L".join(f"{number(x)},{number(y)}" for x, y in (*edge, *reversed(back)))
    return f'<path d="M{drawn}Z" fill="{fill}" fill-opacity="{opacity:g}"/>'


def _stroked(drawn: str, colour: str, thick: float, dash: str, opacity: float) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash and dash != "1,0" else ""
    seen = "" if opacity == 1 else f' stroke-opacity="{opacity:g}"'
    return f'<path d="{drawn}" stroke="{colour}" stroke-width="{thick:g}"{dashed}{seen}/>'


def frame(place: Box, dash: str) -> str:
    """The edge of a box, dashed."""
    left, top, right, bottom = place
    corners = f"M{number(left)},{number(top)}H{number(right)}V{number(bottom)}H{number(left)}Z"
    return _stroked(corners, INK, 1.1, dash, 1)


def words(
    at: Point, text: str, *, anchor: str = "start", size: float = 13, weight: int = 400, turned: bool = False
) -> str:
    """A line of text on its base line; ``turned``: read from below."""
    place = f"translate({number(at[0])},{number(at[1])})" + (" rotate(-90)" if turned else "")
    bold = "" if weight == 400 else f' font-weight="{weight}"'
    named = f'text-anchor="{anchor}" transform="{place}" font-size="{size:g}px"{bold}'
    return f'<text {named} fill="{INK}">{escape(text, quote=False)}</text>'


def marker(shape: str, at: Point, colour: str, size: float = MARK, *, filled: bool = True) -> str:
    """A marker of so many square pixels, filled or its edge alone."""
    look = f'fill="{colour}"' if filled else f'stroke="{colour}" stroke-width="2"'
    if shape == "circle":
        return f'<circle cx="{number(at[0])}" cy="{number(at[1])}" r="{number(sqrt(size / pi))}" {look}/>'
    half = sqrt(size) / 2
    corners = "L".join(
        f"{number(at[0] + half * right)},{number(at[1] + half * down)}" for right, down in CORNERS[shape]
    )
    return f'<path d="M{corners}Z" {look}/>'


def room_for(text: str, size: float = 13) -> float:
    """About how many pixels a line of text takes."""
    return len(text) * size * WIDTH


def within(text: str, room: float, size: float = 13) -> str:
    """The text, cut where it would take more than its room."""
    most = int(room / (size * WIDTH))
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def wrapped(text: str, room: float, size: float = 13) -> list[str]:
    """The text in lines that each take no more than a room; one of a single word may take more."""
    return wrap(text, int(room / (size * WIDTH)), break_long_words=False) or [text]


def picture(parts: Iterable[str], plot: Point, left: float, above: float, below: float) -> str:
    """The drawing of a plotting area of so many pixels, with room ``left`` of it, ``above`` and ``below``."""
    width, height = (number(each) for each in plot)
    whole = number(left + plot[0] + ROOM["right"] + 1), number(above + plot[1] + below + ROOM["bottom"])
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole[0]}" height="{whole[1]}">'
    inner = f'<g fill="none" font-family="{FONT}" transform="translate({number(left)},{number(above)})">'
    return f'{opening}{inner}<path d="M0,0h{width}v{height}h-{width}Z"/>{"".join(parts)}</g></svg>'
