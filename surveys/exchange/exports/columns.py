"""Columns of an export: what a file's column is called, holds and means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["text", "integer", "number", "flag", "day"]
NO_YES: Mapping[Any, str] = {0: "no", 1: "yes"}


@dataclass(frozen=True, slots=True)
class Column:
    """``kind``: a flag is 1 or 0, a day a date; every cell may be empty. ``labels``: every value with its words.

    ``width``: the longest text in bytes. ``identifies``: stands in an identified export alone.
    """

    code: str
    kind: Kind
    title: str
    labels: Mapping[Any, str] = field(default_factory=dict)
    width: int = 40
    identifies: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of an export."""

    name: str
    title: str
    columns: tuple[Column, ...]


def text(code: str, title: str, *, width: int = 40, identifies: bool = False, note: str = "") -> Column:
    """A column of text."""
    return Column(code, "text", title, width=width, identifies=identifies, note=note)


def flag(code: str, title: str) -> Column:
    """A column of yes and no."""
    return Column(code, "flag", title, NO_YES)


def integer(code: str, title: str, *, note: str = "") -> Column:
    """A column of whole numbers."""
    return Column(code, "integer", title, note=note)


def named(code: str, title: str, words: Mapping[str, str]) -> Column:
    """A column of codes, each with its words."""
    return Column(code, "text", title, dict(words))
