"""How an item's screen was used: what the browser says of it, read strictly, and what is known without scripts."""

from __future__ import annotations

import json
from collections.abc import Mapping

from scoring.instrument import Item, load_instruments
from surveys.answering.item_token import ItemToken
from surveys.models.screen_use import INPUT_PATHS, ORIENTATIONS, POINTERS
from surveys.version import VERSION

LONG = 7  # levels; more are drawn as a scale
LONGEST = 1000  # characters of what a browser says; ours says about 300
DAY = 24 * 60 * 60 * 1000  # ms; a screen that lay open for longer says nothing
RANGES = {  # whole numbers, both ends included
    "first_input_ms": (0, DAY),
    "confirmed_ms": (0, DAY),
    "changes": (0, 1000),
    "slips": (0, 1000),
    "backs": (0, 1000),
    "viewport_width": (100, 10_000),
    "viewport_height": (100, 10_000),
    "row_height": (10, 2000),
    "text_size": (20, 1000),
}
WORDS = {"orientation": ORIENTATIONS, "pointer": POINTERS, "input_path": INPUT_PATHS}


def as_drawn(token: ItemToken) -> Mapping[str, object]:
    """What the server knows of the screen by itself, as columns of ``screen_use``."""
    return {"layout": layout_of(_item(token)), "app_version": VERSION, "queued": False}


def as_used(token: ItemToken, told: str | None, *, queued: bool = False) -> Mapping[str, object]:
    """The same with what the browser told of it, which may be anything; ``queued``: sent when the line returned."""
    return {**as_drawn(token), **read_use(_item(token), told or ""), "queued": queued}


def read_use(item: Item, told: str) -> dict[str, object]:
    """Read what a browser tells; nothing where it tells nothing, and None for each part that is not as it should be."""
    values = _object(told)
    if not values:
        return {}
    used: dict[str, object] = {name: _number(values.get(name), *ends) for name, ends in RANGES.items()}
    used |= {name: _known(values.get(name), words) for name, words in WORDS.items()}
    used["translated"] = values["translated"] if isinstance(values.get("translated"), bool) else None
    return used | _contradicted(used) | _foreign(item)


def layout_of(item: Item) -> str:
    """Return the name of the item's drawing; the number rises whenever the drawing changes."""
    if item.kind == "number":
        return "vas-1" if item.code == "vas" else "number-1"
    return "scale-1" if len(item.levels) > LONG else "rows-1"


def _item(token: ItemToken) -> Item:
    return load_instruments()[token.instrument].item(token.item)


def _object(told: str) -> dict[str, object]:
    if len(told) > LONGEST:
        return {}
    try:
        values: object = json.loads(told or "{}")
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _number(value: object, least: int, most: int) -> int | None:
    return value if type(value) is int and least <= value <= most else None


def _known(value: object, words: tuple[str, ...]) -> str | None:
    return value if isinstance(value, str) and value in words else None


def _contradicted(used: Mapping[str, object]) -> dict[str, object]:
    """Nobody confirms before the first input."""
    first, confirmed = used["first_input_ms"], used["confirmed_ms"]
    wrong = isinstance(first, int) and isinstance(confirmed, int) and first > confirmed
    return {"first_input_ms": None} if wrong else {}


def _foreign(item: Item) -> dict[str, object]:
    """Rows have no way of input, and a number has no rows."""
    return {"row_height": None} if item.kind == "number" else {"input_path": None}
