"""Whether a wording has the items and levels of its instrument: all that is missing or extra, not the first only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scoring.instrument import Instrument, Item

Fault = tuple[str, str]  # the key, and what is wrong with it


@dataclass(frozen=True, slots=True)
class RawItem:
    """One item as its file has it. ``path``: of its table; ``levels`` by the text of the key."""

    path: str
    code: str
    text: str
    hint: str
    levels: Mapping[str, str]


def faults(instrument: Instrument, given: Sequence[RawItem]) -> list[Fault]:
    """Return every fault of the items that are given, in the order of a person who mends them."""
    known = {item.code: item for item in instrument.items}
    extra = [
        (f"{raw.path}.code", f"must be one of {', '.join(known)}, not {raw.code!r}")
        for raw in given
        if raw.code not in known
    ]
    return extra + list(_uncounted(known, given)) + list(_of_levels(known, given))


def _uncounted(known: Mapping[str, Item], given: Sequence[RawItem]) -> Iterator[Fault]:
    """Each item stands there once."""
    codes = [raw.code for raw in given]
    for code in known:
        if (times := codes.count(code)) != 1:
            yield f"items.{code}", f"must be there once; it is {f'there {times} times' if times else 'missing'}"


def _of_levels(known: Mapping[str, Item], given: Sequence[RawItem]) -> Iterator[Fault]:
    """Every level of a choice has a text of its own; a number has none."""
    for raw in (each for each in given if each.code in known):
        key, expected = f"items.{raw.code}.levels", level_keys(known[raw.code])
        missing = [level for level in expected if level not in raw.levels]
        extra = [level for level in raw.levels if level not in expected]
        if missing or extra:
            yield key, f"must hold exactly {', '.join(expected) or 'nothing'}{_named(missing, extra)}"
        texts = [text.strip() for text in raw.levels.values()]
        if blank := [level for level, text in raw.levels.items() if texts.count(text.strip()) > 1 or not text.strip()]:
            yield key, f"every level needs a text of its own; look at {', '.join(blank)}"


def _named(missing: Sequence[str], extra: Sequence[str]) -> str:
    told = [(missing, "missing"), (extra, "not a level of this item")]
    return "".join(f"; {', '.join(each)} {'is' if len(each) == 1 else 'are'} {what}" for each, what in told if each)


def level_keys(item: Item) -> list[str]:
    """Return the keys that an item's levels have in a file."""
    return [] if item.kind == "number" else [str(level) for level in item.levels]
