"""Telephone numbers as people type them, brought to the one form that machines exchange (E.164)."""

from __future__ import annotations

import re
import unicodedata

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
MARKS = re.compile(r"[\s()./\-\u00ad\u200b-\u200f\u2010-\u2015\u202a-\u202e]")
TRUNK = re.compile(r"\(\s*0\s*\)")  # +44 (0)20: dialled inside the country only


def international(text: str) -> str | None:
    """Return ``+`` and the digits, or None where the country is not said (``+`` or ``00`` in front)."""
    plain = _digits(text)
    return plain if E164.fullmatch(plain) else None


def from_network(text: str) -> str | None:
    """Return a sender's number as a gateway names it: always with its country, often without the ``+``."""
    plain = _digits(text)
    return international(plain if plain.startswith("+") else f"+{plain}")


def comparable(text: str) -> str:
    """Return the form in which two writings of one number are alike; a national number stays one."""
    return _digits(text)


def _digits(text: str) -> str:
    """Drop marks and spaces; other digits than ours become ours, and ``00`` becomes ``+``."""
    folded = unicodedata.normalize("NFKC", text).strip()
    plain = MARKS.sub("", TRUNK.sub("", folded))
    plain = "".join(str(unicodedata.digit(ch)) if ch.isdigit() else ch for ch in plain)
    return f"+{plain[2:]}" if plain.startswith("00") else plain


def masked(number: str) -> str:
    """Return the last two digits alone, so that its owner knows it and nobody else learns it."""
    return f"•••{comparable(number)[-2:]}"
