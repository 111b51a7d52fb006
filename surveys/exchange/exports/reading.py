"""Rows of an export as frames, a batch of whole episodes at a time, all as of one moment of the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

import polars as pl

from surveys.access.keys.encryption import Vault
from surveys.exchange.exports import results, visits
from surveys.exchange.exports.ahead import ahead
from surveys.exchange.exports.columns import Column, Sheet
from surveys.exchange.exports.fetching import MOST, Sent, sent
from surveys.exchange.exports.source import Source

FRAMES: Mapping[str, type[pl.DataType]] = {
    "text": pl.String,
    "integer": pl.Int32,
    "number": pl.Float64,
    "flag": pl.Int8,
    "day": pl.Date,
}
OF_PERSON: Mapping[str, type[pl.DataType]] = {
    "patient": pl.String,
    "episode": pl.String,
    "patient_number": pl.Int32,
    "arm": pl.String,
    "index_date": pl.Date,
    "enrolled_on": pl.Date,
}


def frames(source: Source, sheets: Sequence[Sheet], most: int = MOST) -> Iterator[dict[str, pl.DataFrame]]:
    """A frame of each sheet for one batch of at most so many episodes after another; no episode is in two."""
    done = 0
    for batch in ahead(sent(source, sheets, most)):
        yield {sheet.name: _frame(source, sheet, batch) for sheet in sheets}
        done += len(batch.people)
        source.tell(done)


def _frame(source: Source, sheet: Sheet, batch: Sent) -> pl.DataFrame:
    wanted = schema(sheet.columns)
    if sheet.name == "episodes":
        frame = _read(batch.episodes, wanted)
        return _opened(source, frame) if "chart_number" in wanted else frame
    people = pl.DataFrame(batch.people, schema=OF_PERSON, orient="row")
    made = results.joined if sheet.name == "results" else visits.joined
    return made(people, batch.columns).select(pl.col(code).cast(kind) for code, kind in wanted.items())


def _read(lines: bytes, wanted: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    return pl.read_csv(lines, has_header=False, schema=wanted) if lines else pl.DataFrame(schema=wanted)


def schema(columns: Sequence[Column]) -> dict[str, type[pl.DataType]]:
    """The columns' types in a frame."""
    return {column.code: FRAMES[column.kind] for column in columns}


def _opened(source: Source, frame: pl.DataFrame) -> pl.DataFrame:
    """Chart numbers in the clear, where the export has them."""
    plain = [_chart(source.vault, cell) for cell in frame["chart_number"]]
    return frame.with_columns(pl.Series("chart_number", plain, dtype=pl.String))


def _chart(vault: Vault, cell: str | None) -> str | None:
    if cell is None:
        return None
    patient, sealed = cell.split(" ")
    return vault.open(bytes.fromhex(sealed), "patient", "chart_number_enc", UUID(patient))
