"""Rows of an export as frames, a batch of whole episodes at a time, all as of one moment of the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import LiteralString
from uuid import UUID

import polars as pl
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL, Composed, Identifier

from surveys.access.keys.encryption import Vault
from surveys.exchange.exports import results
from surveys.exchange.exports.arrays import ids_text
from surveys.exchange.exports.columns import Column, Sheet
from surveys.exchange.exports.source import Source
from surveys.exchange.exports.statements import ANSWERS, CHOSEN, IN_ORDER, PEOPLE, PLAIN, RESPONSES, SCORES

FRAMES: Mapping[str, type[pl.DataType]] = {
    "text": pl.String,
    "integer": pl.Int64,
    "number": pl.Float64,
    "flag": pl.Int8,
    "day": pl.Date,
}
OF_PERSON: Mapping[str, type[pl.DataType]] = {
    "patient": pl.String,
    "episode": pl.String,
    "patient_number": pl.Int64,
    "arm": pl.String,
    "index_date": pl.Date,
    "enrolled_on": pl.Date,
}
ROWS = 12_000  # in one frame, about
FIRST, MOST = 50, 20_000  # episodes in one batch


def frames(source: Source, sheets: Sequence[Sheet]) -> Iterator[dict[str, pl.DataFrame]]:
    """A frame of each sheet for one batch of episodes after another; no episode is in two."""
    most, done = FIRST, 0
    with source.episodes() as episodes:
        while ids := episodes.fetchmany(most):
            found = {sheet.name: _sheet(source, sheet, ids) for sheet in sheets}
            yield found
            done += len(ids)
            source.tell(done)
            most = _next_size(len(ids), max(frame.height for frame in found.values()))


def _next_size(episodes: int, rows: int) -> int:
    return max(FIRST, min(MOST, 4 * episodes, episodes * ROWS // max(rows, 1)))


def _sheet(source: Source, sheet: Sheet, ids: Sequence[UUID]) -> pl.DataFrame:
    frame = _results(source, ids) if sheet.name == "results" else _plain(source, sheet, ids)
    return frame.select(pl.col(code).cast(kind) for code, kind in schema(sheet.columns).items())


def _results(source: Source, ids: Sequence[UUID]) -> pl.DataFrame:
    batch = f"{{{','.join(map(str, ids))}}}"
    people = _copied(source, SQL("{} {}").format(SQL(CHOSEN), SQL(PEOPLE)), OF_PERSON, batch)
    responses, where = results.responses_of(_columns(source, RESPONSES, batch))
    asked = ids_text(where)
    scores = results.values_of(_columns(source, SCORES, asked), where)
    answers = results.values_of(_columns(source, ANSWERS, asked if source.order.contents == "all" else "{}"), where)
    return results.joined(people, responses, answers, scores)


def _columns(source: Source, statement: LiteralString, ids: str) -> DictRow:
    """The one row of a statement, whose cells are whole columns."""
    with source.cursor(binary=True, row_factory=dict_row) as cursor:
        row: DictRow = cursor.execute(statement, {**source.given, "ids": ids}).fetchone()
        return row


def _plain(source: Source, sheet: Sheet, ids: Sequence[UUID]) -> pl.DataFrame:
    names = SQL(", ").join(Identifier(column.code) for column in sheet.columns)
    whole = SQL("{}, whole AS ({}) SELECT {} FROM whole ORDER BY {}")
    statement = whole.format(SQL(CHOSEN), SQL(PLAIN[sheet.name]), names, SQL(IN_ORDER[sheet.name]))
    frame = _copied(source, statement, schema(sheet.columns), f"{{{','.join(map(str, ids))}}}")
    return _opened(source, frame) if "chart_number" in frame.columns else frame


def _copied(source: Source, statement: Composed, wanted: Mapping[str, type[pl.DataType]], ids: str) -> pl.DataFrame:
    copy = SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(statement)
    with source.cursor() as cursor, cursor.copy(copy, {**source.given, "ids": ids}) as rows:
        content = b"".join(rows)
    return pl.read_csv(content, has_header=False, schema=wanted) if content else pl.DataFrame(schema=wanted)


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
