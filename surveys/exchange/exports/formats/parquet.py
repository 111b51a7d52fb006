"""Parquet: typed columns in row groups; what each column means stands in the data dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from surveys.exchange.exports.columns import Sheet
from surveys.exchange.exports.reading import schema

CELLS, FEWEST = 400_000, 4_000  # of a row group, and rows where columns are many: each group has a cost of its own


def write(frames: Iterable[pl.DataFrame], sheet: Sheet, path: Path) -> int:
    """Write the frames as they come, a row group at a time; returns how many rows."""
    rows, broken = 0, []

    def counted(*_pushed_down: object) -> Iterator[pl.DataFrame]:
        nonlocal rows
        try:
            for frame in frames:
                rows += frame.height
                yield frame
        except Exception as problem:
            broken.append(problem)
            raise

    group = max(FEWEST, CELLS // len(sheet.columns))
    source = register_io_source(counted, schema=schema(sheet.columns), validate_schema=True)
    try:
        source.sink_parquet(path, compression="zstd", compression_level=1, row_group_size=group)
    except pl.exceptions.PolarsError as wrapped:
        raise (broken[0] if broken else wrapped) from None
    return rows


def count(path: Path) -> int:
    """The rows that a reader finds."""
    return int(pl.scan_parquet(path).select(pl.len()).collect().item())
