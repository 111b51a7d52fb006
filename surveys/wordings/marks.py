"""Which answers were, or would be, given to working wording of a questionnaire that needs a licence.

Instruments that need none are asked in our own words for good, so they carry no mark.
"""

from __future__ import annotations

from collections.abc import Iterable

from scoring.instrument import load_instruments
from surveys.wordings import licensed_hashes, wording_for
from surveys.wordings.reading import Wording


def needs_mark(wording: Wording) -> bool:
    """Whether staff should know that this is no licensed questionnaire."""
    return wording.status == "working" and load_instruments()[wording.instrument].needs_licence


def marked(instruments: Iterable[str], language: str) -> tuple[str, ...]:
    """Return the names of those instruments that are asked in working wording now, in this language."""
    known = load_instruments()
    return tuple(known[code].name for code in instruments if needs_mark(wording_for(code, language)))


def answered_unlicensed(given: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the names of the instruments whose answers were given to working wording.

    ``given``: instrument and hash of the wording of each response. A hash that no pack installed here has, now or
    formerly, is working wording: that of an older version of the program as well.
    """
    known, licensed = load_instruments(), licensed_hashes()
    return tuple(
        dict.fromkeys(known[code].name for code, hash_ in given if known[code].needs_licence and hash_ not in licensed)
    )
