"""Whole columns as PostgreSQL sends them: numbers of one width without a null, and texts of which there are few.

``array_send`` gives a head of five 32-bit numbers and then each element after its length, big-endian
(backend/utils/adt/arrayfuncs.c), so a column is one look at the bytes and no Python object per cell.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from psycopg.adapt import Dumper
from psycopg.pq import Format

HEAD = 20  # bytes: dimensions, whether there are nulls, type of the elements, how many, lower bound
PART, ROW = "\x1f", "\x1e"  # between the parts of a label, and between labels
COUNT, LARGE, DAY, FLOAT, FLAG, ID = ">i4", ">i8", ">i4", ">f8", "i1", "V16"
NONE = -(2**31)  # stands for a number of four bytes that is missing
FIRST_DAY = np.datetime64("2000-01-01", "D")  # from which PostgreSQL counts days


class Ids(bytes):
    """A column of UUIDs as it was sent, to be asked with: it goes back as it came."""


class IdsDumper(Dumper):
    """Gives it to the driver."""

    format = Format.BINARY
    oid = 2951  # uuid[], in every PostgreSQL

    def dump(self, obj: Ids) -> bytes:
        """Nothing is made of it."""
        return obj


class NullError(Exception):
    """A column that cannot be empty has an empty cell."""


def column(sent: bytes | None, kind: str) -> np.ndarray[Any, np.dtype[Any]]:
    """The numbers of one column; nothing was aggregated where there is no row."""
    if sent is None:
        return np.empty(0, np.dtype(kind).newbyteorder("="))
    if sent[7]:
        raise NullError
    cells = np.frombuffer(sent, np.dtype([("size", ">i4"), ("cell", kind)]), offset=HEAD)["cell"]
    return np.ascontiguousarray(cells.astype(cells.dtype.newbyteorder("=")))


def count(sent: bytes | None) -> int:
    """How many cells a column has."""
    return int.from_bytes(sent[12:16]) if sent else 0


def numbers(sent: bytes | None) -> pl.Series:
    """Whole numbers of four bytes, some of which may be missing."""
    cells = pl.Series(column(sent, COUNT), dtype=pl.Int32)
    return cells.set(cells == NONE, None)


def ids(sent: bytes | None) -> pl.DataFrame:
    """UUIDs as two numbers; in the order of both together they are in their own."""
    halves = column(sent, ID).view(">u8").reshape(-1, 2).astype("u8")
    return pl.DataFrame({"high": halves[:, 0], "low": halves[:, 1]})


def days(sent: bytes | None) -> pl.Series:
    """Dates."""
    return pl.Series(FIRST_DAY + column(sent, DAY).astype("m8[D]"))


def labels(sent: str | None) -> tuple[np.ndarray[Any, np.dtype[np.int32]], list[list[str]]]:
    """Which label each row has, and the parts of every label."""
    rows = sent.split(ROW) if sent is not None else []
    known = {label: place for place, label in enumerate(dict.fromkeys(rows))}
    which = np.fromiter(map(known.__getitem__, rows), np.int32, len(rows))
    return which, [label.split(PART) for label in known]
