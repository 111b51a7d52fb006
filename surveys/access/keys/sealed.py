"""Which columns are sealed under the operator's keys, and where: the one list that rotation and its checks go by.

A new sealed column stands here before its first value is written; a test compares the list with the models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Column, ColumnElement, Table, case, func

from surveys.access.keys.keyring import FIRST
from surveys.db import Base

BARE = 32  # bytes of an index under the first key, which carries no id


@dataclass(frozen=True)
class Sealed:
    """A sealed column bound to the row's id; ``index``: the blind index made of the same value, ``kind`` its kind."""

    table: str
    column: str
    index: str | None = None
    kind: str = ""


SEALED = (
    Sealed("patient", "chart_number_enc", "chart_number_index", "chart_number"),
    Sealed("patient", "first_name_enc"),
    Sealed("patient", "surname_enc", "surname_index", "surname"),
    Sealed("patient", "email_enc", "email_index", "email"),
    Sealed("patient", "phone_enc", "phone_index", "phone"),
    Sealed("patient_key", "wrapped"),
    Sealed("goal", "words_enc"),
    Sealed("signing_key", "private_enc"),
    Sealed("staff", "email_enc"),
    Sealed("staff_factor", "secret_enc"),
)
# Indexes of values that stand elsewhere: rotation follows the value.
INDEX_ONLY = (("suppression", "email_index"), ("suppressed_phone", "phone_index"))


def tables() -> Mapping[str, tuple[Sealed, ...]]:
    """The sealed columns by table, in the order of the list."""
    return {name: tuple(columns) for name, columns in groupby(SEALED, key=lambda sealed: sealed.table)}


def table(name: str) -> Table:
    """The table itself."""
    return Base.metadata.tables[name]


def key_of(column: Column[bytes]) -> ColumnElement[int]:
    """The id of the key that a sealed value names."""
    return func.get_byte(column, 0)


def key_of_index(column: Column[bytes]) -> ColumnElement[int]:
    """The id of the key that an index was made with."""
    return case((func.octet_length(column) == BARE, FIRST), else_=func.get_byte(column, 0))
