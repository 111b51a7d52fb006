"""Texts as the fonts that come with the typesetter can print them, whatever a clinic called its arms."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

BOX = "□"  # in place of a letter that the fonts lack
# Latin, Greek, Cyrillic, punctuation, currencies, arrows, operators, shapes: each was tried. Others stop the compiler.
SPANS = (
    *((0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x24F), (0x370, 0x3FF), (0x400, 0x4FF), (0x1E00, 0x1EFF)),
    *((0x2010, 0x2027), (0x2030, 0x203F), (0x2070, 0x209F), (0x20A0, 0x20BF), (0x2122, 0x2122)),
    *((0x2190, 0x22FF), (0x25A0, 0x25FF)),
)


def printable(text: str) -> str:
    r"""The text on one line, with a box for each letter that cannot be printed; what has no shape is left out.

    >>> printable("Médula\u202e 中")
    'Médula □'
    """
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(_shown(letter) for letter in composed)


def _shown(letter: str) -> str:
    kind = unicodedata.category(letter)
    if kind in ("Cc", "Cf", "Mn"):
        return ""
    return letter if kind != "Cn" and any(low <= ord(letter) <= high for low, high in SPANS) else BOX


def printable_all(value: Any) -> Any:
    """The same for every text in a document."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {key: printable_all(each) for key, each in value.items()}
    if isinstance(value, Sequence):
        return [printable_all(each) for each in value]
    return value
