"""The words by which people stop texts, in the languages that patients are written to and a few beside."""

from __future__ import annotations

import unicodedata

# The first word decides, whatever follows ("STOP please").
PLAIN = frozenset(
    {"stop", "stopp", "stopall", "arret", "arreter", "alto", "parar", "unsubscribe", "abmelden"}
    | {"ايقاف", "اوقف", "توقف"}
)
# These begin sentences too, so they must stand alone.
ALONE = frozenset(
    {"end", "quit", "cancel", "revoke", "optout", "ende", "baja", "cancelar", "fin", "basta", "الغاء", "قف", "انهاء"}
)


def stops(text: str) -> bool:
    """Return whether a reply asks for no more texts, alike for case, accents, hamza and punctuation."""
    words = _plain(text).split()
    return bool(words) and (words[0] in PLAIN or (len(words) == 1 and words[0] in ALONE))


def _plain(text: str) -> str:
    """Letters and spaces alone; ``NFKD`` parts a letter from its marks, and alef from its hamza."""
    parted = unicodedata.normalize("NFKD", text[:200]).casefold()
    kept = (ch for ch in parted if not unicodedata.combining(ch) and unicodedata.category(ch) != "Cf" and ch != "ـ")
    return "".join(ch if ch.isalpha() else " " for ch in kept).replace("opt out", "optout")
