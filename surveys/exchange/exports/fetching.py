"""What the database sends for one batch of episodes after another, all as of one moment.

It is kept as it came, so that a thread that asks for the next batch does little but wait: the work of making frames of
it is done beside the database's own, not between two of its statements.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL, Composed, Identifier
from sqlalchemy import Row

from surveys.exchange.exports import arrays
from surveys.exchange.exports.columns import Sheet
from surveys.exchange.exports.source import Source
from surveys.exchange.exports.statements import ANSWERS, EPISODES, RESPONSES, SCORES, VISITS

ROWS = 8_000  # in one frame, about
FIRST, MOST = 50, 20_000  # episodes in a batch


@dataclass(frozen=True, slots=True)
class Sent:
    """``people``: what ``OF_PERSON`` names; ``columns``: each statement's one row of columns; ``episodes``: CSV."""

    people: Sequence[Sequence[Any]]
    columns: Mapping[str, DictRow]
    episodes: bytes

    @property
    def rows(self) -> int:
        """Of the longest of its frames."""
        counted = {name: arrays.count(next(iter(each.values()))) for name, each in self.columns.items()}
        results = counted.get("scores", 0) + counted.get("answers", 0)
        return max(len(self.people), results, counted.get("visits", 0))


def sent(source: Source, sheets: Sequence[Sheet], most: int) -> Iterator[Sent]:
    """One batch of at most so many episodes after another; no episode is in two."""
    size = min(FIRST, most)
    with source.episodes() as episodes:
        while chosen := episodes.fetchmany(size):
            batch = _batch(source, sheets, chosen)
            yield batch
            size = min(most, max(FIRST, min(4 * len(chosen), len(chosen) * ROWS // batch.rows)))


def _batch(source: Source, sheets: Sequence[Sheet], chosen: Sequence[Row[Any]]) -> Sent:
    ids, wanted = f"{{{','.join(str(each[0]) for each in chosen)}}}", {sheet.name: sheet for sheet in sheets}
    columns = _results(source, ids) if "results" in wanted else {}
    if "visits" in wanted:
        columns["visits"] = _columns(source, VISITS, ids)
    lines = _copied(source, _episodes(wanted["episodes"]), ids) if "episodes" in wanted else b""
    return Sent([each[1:] for each in chosen], columns, lines)


def _results(source: Source, ids: str) -> dict[str, DictRow]:
    responses = _columns(source, RESPONSES, ids)
    asked = responses["id"] and arrays.Ids(responses["id"])
    answered = asked if source.order.contents == "all" else None
    return {
        "responses": responses,
        "scores": _columns(source, SCORES, asked),
        "answers": _columns(source, ANSWERS, answered),
    }


def _columns(source: Source, statement: LiteralString, ids: str | arrays.Ids | None) -> DictRow:
    with source.cursor(binary=True, row_factory=dict_row) as cursor:
        row: DictRow = cursor.execute(statement, {**source.given, "ids": ids}).fetchone()
        return row


def _episodes(sheet: Sheet) -> Composed:
    """What identifies somebody is not even asked for where the sheet has no column for it."""
    names = SQL(", ").join(Identifier(column.code) for column in sheet.columns)
    return SQL("{} SELECT {} FROM whole ORDER BY place").format(SQL(EPISODES), names)


def _copied(source: Source, statement: Composed, ids: str) -> bytes:
    copy = SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(statement)
    with source.cursor() as cursor, cursor.copy(copy, {**source.given, "ids": ids}) as rows:
        return b"".join(rows)
