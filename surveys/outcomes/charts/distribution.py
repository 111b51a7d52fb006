"""Share of patients who improved by at least each amount, by arm, with the threshold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from surveys.i18n import gettext as _
from surveys.outcomes.charts.axes import SHARES, TITLE, Span, foot, room_of, side, ticks
from surveys.outcomes.charts.ink import BOLD, falling, lines, path, picture, room_for, within, words
from surveys.outcomes.distribution import Step
from surveys.outcomes.drawing import COLOURS, DASHES
from surveys.outcomes.drawing import ROOM as MARGIN

HEIGHT = 270
NAMES = 0.085  # of the height: a line of the names above the curves
EVERY = 40  # pixels from one number of the axis to the next, about


def share_chart(
    steps: Sequence[Step],
    unit: str,
    threshold: float | None,
    arms: Sequence[str],
    *,
    width: int,
) -> str:
    """Draw one falling staircase per arm; ``threshold`` in the unit of change, None: no line."""
    low, high = _span(steps, threshold)
    present = [arm for arm in arms if any(step.arm == arm for step in steps)]
    top = 1.03 + NAMES * len(present)
    x, y = Span(low, high, 0, width), Span(0, top, HEIGHT, 0)
    parts = [
        *side(y, width, SHARES, middle=(HEIGHT + y.at(1)) / 2, title=[_("Share of patients")]),
        *foot(x, HEIGHT, ticks(low, high, -(-width // EVERY)), [unit]),
        *([] if threshold is None else [_threshold(x.at(threshold), y)]),
        *(_curve(steps, arm, arms.index(arm), x, y) for arm in present),
        *_names(steps, present, arms, threshold, y, width - 33),
    ]
    left = MARGIN["left"] + room_of(SHARES, 1)
    return picture(parts, (width, HEIGHT), left, MARGIN["top"], TITLE + 3)


def _span(steps: Sequence[Step], threshold: float | None) -> tuple[float, float]:
    """Whole tens around everything that is drawn; units for scales of ten points."""
    amounts = [step.change for step in steps] + [threshold or 0.0, 0.0]
    size = 10.0 if max(amounts) - min(amounts) > 15 else 1.0
    return size * (min(amounts) // size), size * -(-max(amounts) // size)


def _curve(steps: Sequence[Step], arm: str, at: int, x: Span, y: Span) -> str:
    own = [(x.at(step.change), y.at(step.share)) for step in steps if step.arm == arm]
    look = at % len(COLOURS)
    points = [(x.at(x.low), y.at(1)), *own, (x.at(x.high), y.at(0))]
    return path(falling(points), COLOURS[look], 2.5, DASHES[look])


def _threshold(x: float, y: Span) -> str:
    return lines([(x, y.at(0), x, y.at(1))], thick=1.5, dash="4,4")


def _names(
    steps: Sequence[Step], present: Sequence[str], arms: Sequence[str], threshold: float | None, y: Span, room: float
) -> Iterator[str]:
    """Each arm's name above the curves, with a piece of its line and its share at the threshold."""
    for place, arm in enumerate(reversed(present)):
        level, look = y.at(1.03 + NAMES * (place + 0.5)), arms.index(arm) % len(COLOURS)
        yield path([(0, level), (26, level)], COLOURS[look], 2.5, DASHES[look])
        yield words((33, level + 4), _words(steps, arm, threshold, room), weight=600)


def _words(steps: Sequence[Step], arm: str, threshold: float | None, room: float) -> str:
    """The arm's name, cut to what its number leaves of the room."""
    own = [step for step in steps if step.arm == arm]
    reached = [step for step in own if threshold is not None and step.change >= threshold - 1e-9]
    share = reached[0].share if reached else 0.0
    told = f", n = {own[0].n}" if threshold is None else f" {100 * share:.0f} %"
    return within(own[0].arm_label, room - room_for(told, BOLD), BOLD) + told
