"""The filter language: a choice of patients as one line of text, and back.

``protocol=spine arm=treated diagnosis=M51 age=50..64 bmi=..30 opioid=yes enrolled=2024-01-01.. nth=2``: words with a
value, in any order, separated by spaces; a span has two ends or one. Two choices that say the same have one text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

from surveys.i18n import gettext as _
from surveys.models.episode import ICD_10, PAIN_GENERATORS, PRODUCTS
from surveys.models.response import MODES
from surveys.outcomes.filters import Filters

BEGINNING = re.compile(f"{ICD_10}|^[A-Z][0-9]?$")
CODE = re.compile(r"[a-z][a-z0-9_]{0,40}")


class FilterError(ValueError):
    """A text that chooses nobody; says what is wrong and what would be right."""


@dataclass(frozen=True)
class Word:
    """One word of the language. ``span``: its two fields end in ``_from`` and ``_to``; else it is one field."""

    name: str
    field: str
    read: Callable[[str], Any]
    span: bool = False


def _one_of(*codes: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in codes:
            raise ValueError(", ".join(codes))
        return text

    return read


def _matching(pattern: re.Pattern[str], example: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(example)
        return text

    return read


def _yes_or_no(text: str) -> bool:
    return {"yes": True, "no": False}[text]


def _number(low: float, high: float, kind: type[int] | type[float]) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = kind(text)
        if not low <= value <= high:
            raise ValueError(f"{low:.10g} … {high:.10g}")
        return value

    return read


WORDS = (
    Word("protocol", "protocol", _matching(CODE, "spine")),
    Word("arm", "arm", _matching(CODE, "treated")),
    Word("timepoint", "timepoint", _matching(CODE, "m12")),
    Word("diagnosis", "diagnosis", _matching(BEGINNING, "M51.1")),
    Word("generator", "pain_generator", _one_of(*PAIN_GENERATORS)),
    Word("product", "product", _one_of(*PRODUCTS)),
    Word("dose", "dose", _number(0, 1e6, float), span=True),
    Word("age", "age", _number(0, 120, int), span=True),
    Word("sex", "sex", _one_of("female", "male", "other")),
    Word("bmi", "bmi", _number(10, 90, float), span=True),
    Word("opioid", "opioid_use", _yes_or_no),
    Word("clinician", "clinician", UUID),
    Word("nth", "nth", _number(1, 100, int)),
    Word("mode", "mode", _one_of(*MODES)),
    Word("enrolled", "enrolled", date.fromisoformat, span=True),
)
BY_NAME: Mapping[str, Word] = {word.name: word for word in WORDS}


def parse(text: str) -> Filters:
    """Read a choice.

    >>> print_text(parse("age=..64 protocol=spine bmi=25..30"))
    'protocol=spine age=..64 bmi=25..30'
    """
    found: dict[str, Any] = {}
    for part in text.split():
        name, sign, value = part.partition("=")
        word = BY_NAME.get(name)
        if word is None or not sign:
            raise FilterError(_("%(part)s is no filter. There are: %(words)s.", part=part, words=", ".join(BY_NAME)))
        if not found.keys().isdisjoint(given := dict(_read(word, value))):
            raise FilterError(_("%(name)s stands twice. Leave one out.", name=name))
        found |= given
    if "protocol" not in found:
        raise FilterError(_("Name the protocol first, such as protocol=spine."))
    return Filters(**found)


def _read(word: Word, text: str) -> Iterator[tuple[str, Any]]:
    if not word.span:
        yield word.field, _value(word, text)
        return
    low, dots, high = text.partition("..")
    ends = {"from": low, "to": high if dots else low}
    known = {f"{word.field}_{end}": _value(word, value) for end, value in ends.items() if value}
    if not known or (len(known) == 2 and known[f"{word.field}_from"] > known[f"{word.field}_to"]):
        raise FilterError(
            _("%(name)s=%(value)s is no span. One reads like 50..64, 50.. or ..64.", name=word.name, value=text)
        )
    yield from known.items()


def _value(word: Word, text: str) -> Any:
    try:
        return word.read(text)
    except (ValueError, KeyError, OverflowError) as problem:
        hint = _("Possible: %(values)s.", values=problem) if isinstance(problem, ValueError) else _("Say yes or no.")
        raise FilterError(_("%(value)s is no value for %(name)s.", value=text, name=word.name) + " " + hint) from None


def print_text(filters: Filters) -> str:
    """The one text of a choice, its words in the order of the language."""
    return " ".join(f"{word.name}={value}" for word in WORDS if (value := _print(word, filters)))


def hash_of(filters: Filters) -> str:
    """SHA-256 of the text, in hexadecimal."""
    return sha256(print_text(filters).encode()).hexdigest()


def _print(word: Word, filters: Filters) -> str:
    if not word.span:
        return _plain(getattr(filters, word.field))
    low, high = (_plain(getattr(filters, f"{word.field}_{end}")) for end in ("from", "to"))
    return f"{low}..{high}" if low or high else ""


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def chosen_fields() -> frozenset[str]:
    """Every field of ``Filters`` that the language can say."""
    spans = {f"{word.field}_{end}" for word in WORDS if word.span for end in ("from", "to")}
    return frozenset(spans | {word.field for word in WORDS if not word.span}) & {each.name for each in fields(Filters)}
