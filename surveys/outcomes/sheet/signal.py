"""The four states as a reader meets them: a word, a shape and a colour, each enough by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from scoring.individual import Change
from surveys.i18n import LazyText
from surveys.outcomes.drawing import COLOURS, INK


@dataclass(frozen=True, slots=True)
class Signal:
    """``shape`` as drawings name it; ``mark`` the same in plain text."""

    code: str
    word: LazyText
    shape: str
    filled: bool
    colour: str
    mark: str


SIGNALS: Mapping[Change, Signal] = MappingProxyType(
    {
        Change.BETTER: Signal(
            "better",
            LazyText("Better, beyond measurement error"),
            "triangle-up",
            True,
            COLOURS[2],
            "▲",
        ),
        Change.BETTER_OR_ERROR: Signal(
            "maybe",
            LazyText("Better, may be measurement error"),
            "triangle-up",
            False,
            COLOURS[0],
            "△",
        ),
        Change.UNCLEAR: Signal("unclear", LazyText("No clear change"), "square", False, INK, "□"),
        Change.WORSE: Signal("worse", LazyText("Worse"), "triangle-down", True, COLOURS[1], "▼"),
    }
)


def signal_of(state: Change | None) -> Signal | None:
    """The signal of a state; None where a score is missing or the scale has no rule."""
    return SIGNALS.get(state) if state is not None else None
