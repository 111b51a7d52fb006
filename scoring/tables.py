"""Tables from files, CSV or Parquet, whole or in pieces of bounded size."""

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from scoring.csv_text import check_header, csv_text, read_csv
from scoring.errors import TableError
from scoring.table import Row, Table, number_text, write_table

if TYPE_CHECKING:
    from polars import Schema

__all__ = ["Row", "Table", "number_text", "read_pieces", "read_table", "write_table"]

_PIECE_ROWS = 16_384
_PARQUET, _ZIP = b"PAR1", b"PK\x03\x04"

Heard = Callable[[float], None]


def _silent(_: float) -> None:
    """Tell nobody."""


def _open(file: str) -> BinaryIO:
    try:
        return Path(file).open("rb")
    except FileNotFoundError as error:
        raise TableError(f"{file}: there is no such file.") from error
    except IsADirectoryError as error:
        raise TableError(f"{file}: is a folder, not a CSV or Parquet file.") from error
    except (OSError, ValueError) as error:
        raise TableError(f"{file}: cannot be read ({getattr(error, 'strerror', error)}).") from error


def read_pieces(file: str, heard: Heard = _silent) -> Iterator[Table]:
    """Read a file in pieces, one or more, each with the whole header; memory stays bounded.

    A Parquet file is known by its first bytes, everything else is CSV in UTF-8. ``heard`` is told what share of the
    file is read, 0 to 1.
    """
    with _open(file) as raw:
        begins = raw.peek(4)[:4]  # type: ignore[attr-defined]
        if begins == _ZIP:
            raise TableError(f"{file}: is an Excel workbook or a zip file. Save the sheet as CSV UTF-8.")
        yield from _parquet(file, heard) if begins == _PARQUET else _csv(file, raw, heard)


def _csv(file: str, raw: BinaryIO, heard: Heard) -> Iterator[Table]:
    size = os.fstat(raw.fileno()).st_size  # 0 of a pipe, whose share is not known
    try:
        with csv_text(raw) as text:
            header, pieces = read_csv(file, text)
            for rows in pieces:
                heard(raw.tell() / size if size else 0.0)
                yield Table(file, header, tuple(rows))
    except OSError as error:
        raise TableError(f"{file}: cannot be read ({error.strerror}).") from error


def _cell(value: object) -> str:
    """Text of a value as a CSV file would hold it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return number_text(value) if isinstance(value, float) else str(value)


def _parquet(file: str, heard: Heard) -> Iterator[Table]:
    import polars as pl  # noqa: PLC0415  only where a Parquet file is read: it takes longer to load than to score

    try:
        frame = pl.scan_parquet(file)
        header = _flat_names(file, frame.collect_schema())
        length = int(frame.select(pl.len()).collect().item())
        if not length:
            yield Table(file, header, (), "row")
        done = 0
        for batch in frame.collect_batches(chunk_size=_PIECE_ROWS, maintain_order=True):
            columns = (map(_cell, column.to_list()) for column in batch.iter_columns())
            yield Table(file, header, tuple(map(Row, count(done + 1), zip(*columns, strict=True))), "row")
            done += len(batch)
            heard(done / max(length, 1))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise TableError(f"{file}: cannot be read as Parquet ({str(error).splitlines()[0]}).") from error


def _flat_names(file: str, schema: "Schema") -> tuple[str, ...]:
    """Column names of a Parquet file of which each cell holds one value."""
    for name, kind in schema.items():
        if kind.is_nested():
            raise TableError(f"{file}: column {name} holds lists or records, not one value a row.")
    check_header(file, schema.names())
    return tuple(schema.names())


def read_table(file: str) -> Table:
    """Read a whole CSV or Parquet file."""
    pieces = list(read_pieces(file))
    rows = tuple(row for piece in pieces for row in piece.rows)
    return Table(file, pieces[0].header, rows, pieces[0].unit)
