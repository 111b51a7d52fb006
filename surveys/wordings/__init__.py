"""The sentences a patient reads, by instrument and language, kept apart from the instrument's structure.

Those that come with the program lie in ``surveys/wording``; what an operator installed stands in their place.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import MappingProxyType

from surveys.wordings.reading import (
    ItemWording,
    Wording,
    WordingError,
    Wordings,
    load_folder,
    load_wording_file,
    parse_wording,
)

__all__ = [
    "FOLDER",
    "ItemWording",
    "Wording",
    "WordingError",
    "Wordings",
    "in_use",
    "licensed_hashes",
    "load_folder",
    "load_wording_file",
    "load_wordings",
    "offer",
    "parse_wording",
    "speaks",
    "unspoken",
    "wording_for",
]

FOLDER = Path(__file__).parent.parent / "wording"
FALLBACK = "en"
_offered: dict[tuple[str, str], Wording] = {}
_licensed: set[str] = set()


@cache
def load_wordings() -> Wordings:
    """The wordings that come with the program, by instrument and language."""
    return load_folder(FOLDER)


def offer(packs: Wordings, languages: Iterable[str] = (), former: Iterable[str] = ()) -> None:
    """Serve these packs in place of what comes with the program, in these languages only; none named: in all.

    ``former``: hashes of licensed texts that were served before. Raises WordingError for a language that no
    wording has.
    """
    known = {**load_wordings(), **packs}
    spoken = frozenset(language for _instrument, language in known)
    wanted = frozenset(languages)
    for language in wanted - spoken:
        raise WordingError("WORDING_LANGUAGES", language, f"there is wording in {', '.join(sorted(spoken))} only")
    _offered.clear()
    _offered.update({key: each for key, each in known.items() if not wanted or key[1] in wanted})
    _licensed.clear()
    _licensed.update(former, (each.hash for each in packs.values()))


def in_use() -> Wordings:
    """The wordings that this process serves."""
    return MappingProxyType(_offered) if _offered else load_wordings()


def licensed_hashes() -> frozenset[str]:
    """Hashes of every licensed text that is or was served here."""
    return frozenset(_licensed)


def wording_for(instrument: str, language: str, wordings: Wordings | None = None) -> Wording:
    """The wording to show: ``es-MX`` is served ``es``, and what was not translated is served in English.

    A fallback tells itself by ``wording.language``; enrolment refuses a patient who would get one, so it
    is left for a patient whose language was changed or taken away since. ``KeyError`` without English.
    """
    known = in_use() if wordings is None else wordings
    return known.get((instrument, _spoken(language))) or known[instrument, FALLBACK]


def speaks(instruments: Iterable[str], language: str) -> bool:
    """Whether every one of the instruments has a wording in the language."""
    return not unspoken(instruments, language)


def unspoken(instruments: Iterable[str], language: str) -> list[str]:
    """The instruments without a wording in the language."""
    return [code for code in instruments if (code, _spoken(language)) not in in_use()]


def _spoken(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()
