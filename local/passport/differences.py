"""What became of each screen since another passport: other words, another layout, new, or gone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import ndiff
from pathlib import Path
from typing import Any

from local.passport.screens import Shot
from local.trouble import LocalError

Row = Mapping[str, Any]
KEY = ("screen", "language", "size")


@dataclass(frozen=True, slots=True)
class Difference:
    """One screen. ``kind``: words, layout, new or gone; ``before``, ``after``: names of the pictures, or empty.

    ``lines``: those that went, marked with a minus, and those that came, with a plus.
    """

    screen: str
    language: str
    size: str
    kind: str
    before: str
    after: str
    lines: tuple[str, ...] = ()

    def __str__(self) -> str:
        head = f"{self.kind:8}{self.language} {self.size:8} {self.screen}"
        return "\n".join([head, *(f"        {line}" for line in self.lines)])


def read_passport(path: Path) -> Sequence[Row]:
    """Return the screens of a file of hashes."""
    try:
        screens: Sequence[Row] = json.loads(path.read_text(encoding="utf-8"))["screens"]
        missing = [key for row in screens for key in (*KEY, "words", "picture", "layout", "file") if key not in row]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise LocalError(f"{path} is no passport.json that can be read: {problem}") from problem
    if missing:
        raise LocalError(f"{path}: screens without {', '.join(sorted(set(missing)))}.")
    return screens


def differences(before: Sequence[Row], after: Sequence[Shot]) -> list[Difference]:
    """Return what differs, in the order of the new passport; the same screens give none.

    Screens in languages and sizes that the new one did not look at are left out.
    """
    known = {(row["screen"], row["language"], row["size"]): row for row in before}
    found = [_difference(known.pop(shot.key, None), shot) for shot in after]
    looked_at = {(shot.language, shot.size) for shot in after}
    gone = [
        Difference(*key, kind="gone", before=row["file"], after="")
        for key, row in known.items()
        if key[1:] in looked_at
    ]
    return [each for each in found if each] + gone


def _lines(before: str, shot: Shot) -> tuple[str, ...]:
    compared = ndiff(before.splitlines(), shot.words.splitlines())
    return tuple(line for line in compared if line.startswith(("- ", "+ ")))


def _difference(row: Row | None, shot: Shot) -> Difference | None:
    if row is None:
        return Difference(*shot.key, kind="new", before="", after=shot.file)
    if row["words"] != shot.words:
        return Difference(
            *shot.key, kind="words", before=row["file"], after=shot.file, lines=_lines(row["words"], shot)
        )
    if (row["picture"], row["layout"]) != (shot.picture, shot.layout):
        return Difference(*shot.key, kind="layout", before=row["file"], after=shot.file)
    return None
