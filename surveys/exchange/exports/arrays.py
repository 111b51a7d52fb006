"""Whole columns as PostgreSQL sends them: numbers of one width without a null, and texts of which there are few.

``array_send`` gives a head of five 32-bit numbers and then each element after its length, big-endian
(backend/utils/adt/arrayfuncs.c), so a column is one look at the bytes and no Python object per cell.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

HEAD = 20  # bytes: dimensions, whether there are nulls, type of the elements, how many, lower bound
PART, ROW = "\x1f", "\x1e"  # between the parts of a label, and between labels
COUNT, LARGE, DAY, FLOAT, ID = ">i4", ">i8", ">i4", ">f8", "V16"
FIRST_DAY = np.datetime64("2000-01-01", "D")  # from which PostgreSQL counts days


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


def ids(sent: bytes | None) -> pl.DataFrame:
    """UUIDs as two numbers; in the order of both together they are in their own."""
    halves = column(sent, ID).view(">u8").reshape(-1, 2).astype("u8")
    return pl.DataFrame({"high": halves[:, 0], "low": halves[:, 1]})


def ids_text(frame: pl.DataFrame) -> str:
    """What ``ids`` gave, as one array for a statement."""
    digits = frame.select("high", "low").to_numpy().astype(">u8").tobytes().hex()
    return f"{{{','.join(digits[at : at + 32] for at in range(0, len(digits), 32))}}}"


def days(sent: bytes | None) -> pl.Series:
    """Dates."""
    return pl.Series(FIRST_DAY + column(sent, DAY).astype("m8[D]"))


def labels(sent: str | None) -> tuple[np.ndarray[Any, np.dtype[np.int32]], list[list[str]]]:
    """Which label each row has, and the parts of every label."""
    rows = sent.split(ROW) if sent is not None else []
    known = {label: place for place, label in enumerate(dict.fromkeys(rows))}
    which = np.fromiter(map(known.__getitem__, rows), np.int32, len(rows))
    return which, [label.split(PART) for label in known]
