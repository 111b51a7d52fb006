"""How long a text is on the air: in the 7-bit alphabet of GSM 03.38 where every character is in it, else in UCS-2."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")  # these take two places each


@dataclass(frozen=True)
class Size:
    """``units``: septets of GSM-7, or 16-bit units of UCS-2. ``segments``: what the carrier counts."""

    alphabet: str
    units: int
    segments: int


def size(text: str) -> Size:
    """Measure a text. A text of several segments loses 7 (or 3) units of each to the header that joins them."""
    if set(text) <= BASIC | EXTENDED:
        units = sum(2 if character in EXTENDED else 1 for character in text)
        return Size("GSM-7", units, _segments(units, 160, 153))
    units = len(text.encode("utf-16-be")) // 2
    return Size("UCS-2", units, _segments(units, 70, 67))


def _segments(units: int, alone: int, joined: int) -> int:
    return 1 if units <= alone else math.ceil(units / joined)


def plainer(text: str) -> str:
    """Return the text without those accents that the alphabet lacks: ``í`` becomes ``i``, ``é`` stays."""
    return "".join(each if each in BASIC | EXTENDED else _bare(each) for each in text)


def _bare(character: str) -> str:
    base = unicodedata.normalize("NFKD", character)[:1]
    return base if base in BASIC else character
