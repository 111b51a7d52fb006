"""The one classification of every column: what it is, whose, whether a person's export holds it, what erasure does."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_suffix(".toml")
CLASSES = frozenset({"personal", "clinical", "technical", "secret", "none"})
SUBJECTS = frozenset({"patient", "staff", "clinic", "system"})
ERASURES = frozenset({"kept", "emptied", "replaced", "destroyed"})


class DataMapError(ValueError):
    """The file does not classify as it should; the text says where."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``exported``: the person's export holds it, opened where it is sealed."""

    table: str
    name: str
    kind: str
    exported: bool
    erasure: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One table. ``through``: the column that leads towards the person, empty where none does."""

    table: str
    about: str
    through: str
    purpose: str
    law: str
    lasts: str
    seen_by: str
    columns: Mapping[str, Column]

    def erased(self, how: str) -> tuple[str, ...]:
        """Names of the columns that erasure treats so."""
        return tuple(column.name for column in self.columns.values() if column.erasure == how)

    def exported(self) -> tuple[str, ...]:
        """Names of the columns that stand in a person's export."""
        return tuple(column.name for column in self.columns.values() if column.exported)


@cache
def data_map() -> Mapping[str, Entry]:
    """Return every table's entry, in the order of the file: a table comes after the one it leads through.

    Raises DataMapError for a word that is not known or a column named twice.
    """
    with FILE.open("rb") as file:
        read = tomllib.load(file)
    return {table: _entry(table, values) for table, values in read.items()}


def about_patients() -> tuple[Entry, ...]:
    """The tables whose rows belong to a patient."""
    return tuple(entry for entry in data_map().values() if entry.about == "patient")


def _entry(table: str, values: Mapping[str, object]) -> Entry:
    lines = values["columns"]
    if values["about"] not in SUBJECTS or not isinstance(lines, list):
        raise DataMapError(f"{table}: about must be one of {', '.join(sorted(SUBJECTS))}, columns a list")
    columns: dict[str, Column] = {}
    for kind, exported, erasure, names in lines:
        if kind not in CLASSES or erasure not in ERASURES or exported not in ("exported", "withheld"):
            raise DataMapError(f"{table}: {kind}, {exported}, {erasure} are no words of the map")
        for name in names.split():
            if name in columns:
                raise DataMapError(f"{table}.{name} is classified twice")
            columns[name] = Column(table, name, kind, exported == "exported", erasure)
    told = {key: str(values[key]) for key in ("about", "purpose", "law", "lasts", "seen_by")}
    return Entry(table=table, through=str(values.get("through", "")), columns=columns, **told)
