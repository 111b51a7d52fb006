"""How an item's screen was used, as far as it is known without scripts."""

from __future__ import annotations

from collections.abc import Mapping

from scoring.instrument import Item, load_instruments
from surveys.answering.item_token import ItemToken
from surveys.version import VERSION

LONG = 7  # levels; more are drawn as a scale


def as_drawn(token: ItemToken) -> Mapping[str, object]:
    """What the server knows of the screen by itself, as columns of ``screen_use``."""
    item = load_instruments()[token.instrument].item(token.item)
    return {"layout": layout_of(item), "app_version": VERSION, "queued": False}


def layout_of(item: Item) -> str:
    """Return the name of the item's drawing; the number rises whenever the drawing changes."""
    if item.kind == "number":
        return "vas-1" if item.code == "vas" else "number-1"
    return "scale-1" if len(item.levels) > LONG else "rows-1"
