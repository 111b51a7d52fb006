"""Bars of the data-quality page: shares with their n/N, and times with their quartiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import ceil, log10

from surveys.i18n import gettext as _
from surveys.outcomes.drawing import COLOURS, FONT, INK
from surveys.outcomes.quality.rows import Share, Span

ROW, BAR, TEXT = 40, 12, 19  # pixels: a label with its bar, the bar, the label's line within it
AXIS, TITLE = 24, 20  # pixels below the bars
SIDE = 22  # pixels left and right, for the numbers at both ends of the axis
CHARACTER = 7  # pixels that one takes at the most, on the average of a label
Tick = tuple[float, str]


def shares_svg(rows: Sequence[Share], width: int) -> str:
    """Draw one bar per share, on a scale that ends beyond the largest."""
    end = next(step for step in (0.05, 0.1, 0.2, 0.5, 1.0) if max(row.share or 0 for row in rows) <= step)
    ticks = [(end * at / 4, f"{100 * end * at / 4:g} %") for at in range(5)]
    lines: list[str] = []
    for at, row in enumerate(rows):
        share = row.share or 0
        lines += _bar(at, 0, share / end, width)
        lines.append(_label(at, row.label, f"{row.part}/{row.whole}, {100 * share:.1f} %", width))
    return _svg(lines, len(rows), _axis(ticks, end, len(rows), width), width)


def spans_svg(rows: Sequence[Span], width: int) -> str:
    """Draw one bar from quartile to quartile per time, with the median as a line across."""
    end = _round_up(max(row.quartiles[2] for row in rows))
    ticks = [(end * at / 4, f"{end * at / 4:g}") for at in range(5)]
    lines: list[str] = []
    for at, row in enumerate(rows):
        low, middle, high = (value / end for value in row.quartiles)
        lines += _bar(at, low, high, width)
        lines.append(_line(_x(middle, width), at * ROW + TEXT + 2, at * ROW + TEXT + BAR + 6, 3))
        lines.append(_label(at, row.label, f"{row.median:.1f} s ({row.timed}/{row.whole})", width))
    axis = [
        *_axis(ticks, end, len(rows), width),
        _text(width / 2, len(rows) * ROW + AXIS + TITLE, _("Seconds"), "middle"),
    ]
    return _svg(lines, len(rows), axis, width)


def _round_up(value: float) -> float:
    """The next of 1, 2, 4 and 8 times a power of ten."""
    size = 10.0 ** ceil(log10(value) - 1) if value > 0 else 1.0
    return next(step * size for step in (1, 2, 4, 8, 10) if value <= step * size)


def _x(part: float, width: int) -> float:
    return round(SIDE + part * (width - 2 * SIDE), 1)


def _bar(at: int, begin: float, end: float, width: int) -> list[str]:
    left, right = _x(begin, width), _x(end, width)
    if end <= begin:
        return []
    place = f'x="{left}" y="{at * ROW + TEXT + 4}" width="{max(right - left, 1):.1f}" height="{BAR}"'
    return [f'<rect {place} fill="{COLOURS[0]}" fill-opacity="0.85"/>']


def _label(at: int, name: str, figures: str, width: int) -> str:
    room = (width - SIDE) // CHARACTER - len(figures) - len(": ")
    short = name if len(name) <= room else f"{name[: room - 1].rstrip()}…"
    return _text(SIDE, at * ROW + TEXT, f"{short}: {figures}", "start")


def _axis(ticks: Sequence[Tick], end: float, rows: int, width: int) -> Iterator[str]:
    foot = rows * ROW + 2
    yield f'<rect x="{SIDE}" y="{foot}" width="{width - 2 * SIDE}" height="1" fill="{INK}" fill-opacity="0.5"/>'
    for value, words in ticks:
        yield _line(_x(value / end, width), foot, foot + 5, 1)
        yield _text(_x(value / end, width), foot + AXIS - 4, words, "middle")


def _line(x: float, top: float, bottom: float, thick: int) -> str:
    return f'<rect x="{x - thick / 2}" y="{top}" width="{thick}" height="{bottom - top}" fill="{INK}"/>'


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{INK}">{escape(words)}</text>'


def _svg(lines: Sequence[str], rows: int, axis: Sequence[str] | Iterator[str], width: int) -> str:
    height = rows * ROW + AXIS + TITLE + 6
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
    return f'{opening}<g font-family="{FONT}" font-size="13">{"".join([*lines, *axis])}</g></svg>'
