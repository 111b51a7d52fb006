"""The proof of an erasure: which columns are empty now, where the former values were looked for, what stayed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from surveys.privacy.data_map import about_patients
from surveys.privacy.rows import Rows

SHORTEST = 3  # letters; shorter names are found in any text
WHOLE = 6  # letters; a shorter name is looked for as a word of its own: Tim is no part of "time"
GROWING = ("audit_event", "outcome_change")  # the erasure itself adds to both


def canaries(former: Iterable[str]) -> frozenset[str]:
    """The former values as they are looked for: without case, width or outer spaces."""
    return frozenset(folded for value in former if len(folded := _fold(value)) >= SHORTEST)


def names(text: str, former: frozenset[str]) -> bool:
    """Whether a text holds one of the former values."""
    return bool(former) and _looked_for(former).search(_fold(text)) is not None


def _looked_for(former: frozenset[str]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(_as_found, former))))


def _as_found(value: str) -> str:
    """The value anywhere, or as a word with or without a genitive's s; other scripts do not part their words."""
    plain = re.escape(value)
    return plain if len(value) >= WHOLE or not value.isascii() else rf"(?<![a-z0-9_]){plain}s?(?![a-z0-9_])"


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def prove(before: Rows, after: Rows, former: frozenset[str]) -> dict[str, Any]:
    """Return the proof; holds names of columns and counts, never a value.

    ``left``: columns that should be empty and are not, or that still hold a former value, with their rows. Only
    append-only reasons that staff typed can appear there.
    """
    left = {**_not_empty(after), **_found(after, former)}
    emptied = [f"{entry.table}.{name}" for entry in about_patients() for name in entry.erased("emptied")]
    return {
        "columns_emptied": sorted(emptied),
        "digests_replaced": _replaced(before, after),
        "key_destroyed": all(row["wrapped"] is None for row in after["patient_key"]),
        "former_values": len(former),
        "texts_searched": sum(1 for _where, _text in _texts(after)),
        "left": dict(sorted(left.items())),
        "rows_before": {name: len(rows) for name, rows in before.items() if name not in GROWING},
        "rows_after": {name: len(rows) for name, rows in after.items() if name not in GROWING},
        "complete": not left,
    }


def _not_empty(after: Rows) -> dict[str, int]:
    filled = {
        f"{entry.table}.{name}": sum(1 for row in after[entry.table] if row[name])
        for entry in about_patients()
        for name in entry.erased("emptied")
    }
    return {where: count for where, count in filled.items() if count}


def _replaced(before: Rows, after: Rows) -> int:
    """How many digests are others than before."""
    total = 0
    for entry in about_patients():
        for name in entry.erased("replaced"):
            old = {row["id"]: row[name] for row in before[entry.table]}
            total += sum(1 for row in after[entry.table] if old[row["id"]] != row[name])
    return total


def _texts(rows: Rows) -> Iterable[tuple[str, str]]:
    """Every text among the rows with where it stands; documents as one text, bytes as what they may spell."""
    for name, its in rows.items():
        for row in its:
            for column, value in row.items():
                if text := _text(value):
                    yield f"{name}.{column}", text


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return str(value) if isinstance(value, dict | list) else ""


def _found(rows: Rows, former: frozenset[str]) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for where, text in _texts(rows):
        if names(text, former):
            counts[where] = counts.get(where, 0) + 1
    return counts
