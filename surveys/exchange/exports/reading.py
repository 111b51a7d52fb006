"""Rows of an export as frames, a batch of whole episodes at a time, all as of one moment of the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import polars as pl
from psycopg import Cursor
from psycopg.sql import SQL, Identifier
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from surveys.access.keys.encryption import Vault
from surveys.exchange.exports.columns import Column, Sheet
from surveys.exchange.exports.order import Order
from surveys.exchange.exports.statements import CHOSEN, STATEMENTS
from surveys.models import Episode, ProtocolVersion
from surveys.outcomes.conditions import conditions
from surveys.outcomes.filter_text import parse
from surveys.outcomes.filters import Filters

FRAMES: Mapping[str, type[pl.DataType]] = {
    "text": pl.String,
    "integer": pl.Int64,
    "number": pl.Float64,
    "flag": pl.Int8,
    "day": pl.Date,
}
ROWS = 20_000  # in one frame, about
FIRST, MOST = 50, 20_000  # episodes in one batch
Progress = Callable[[int, int], None]  # episodes done, of how many; raises to stop

# One moment for all batches, however long they take; and every batch finds its rows by their keys. What the planner
# believes of a clinic that has grown would have it read whole tables for each.
STEADY = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
BY_KEYS = "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"


@dataclass
class Source:
    """What one export reads. ``withheld``: arms that are left out, for somebody could be singled out in them."""

    session: Session
    vault: Vault
    clinic_id: UUID
    order: Order
    now: datetime
    progress: Progress
    filters: Filters = field(init=False)
    withheld: tuple[str, ...] = field(init=False)
    total: int = field(init=False)
    passes: int = 1  # over all episodes
    passed: int = 0

    def __post_init__(self) -> None:
        self.filters = parse(self.order.filters)
        self.session.execute(text(STEADY))
        arms = self._arms()
        self.withheld = tuple(sorted(arm for arm, number in arms.items() if number < self.order.fewest))
        self.total = sum(number for arm, number in arms.items() if arm not in self.withheld)
        self.session.execute(text(BY_KEYS))

    def tell(self, done: int) -> None:
        """Say how many episodes of this pass are done."""
        self.progress(self.passed * self.total + done, self.passes * self.total)

    def _arms(self) -> dict[str, int]:
        chosen = _joined(select(Episode.arm, func.count()), self.filters)
        return dict(self.session.execute(chosen.group_by(Episode.arm)).all())

    def ids(self, after: UUID | None, most: int) -> Sequence[UUID]:
        """The next episodes, in the order of their ids."""
        wanted = _joined(select(Episode.id), self.filters).where(Episode.arm.not_in(self.withheld))
        if after is not None:
            wanted = wanted.where(Episode.id > after)
        return self.session.scalars(wanted.order_by(Episode.id).limit(most)).all()


def _joined(statement: Any, filters: Filters) -> Any:
    joined = statement.join(ProtocolVersion, ProtocolVersion.id == Episode.protocol_id)
    return joined.where(ProtocolVersion.code == filters.protocol, *conditions(filters))


def frames(source: Source, sheets: Sequence[Sheet]) -> Iterator[dict[str, pl.DataFrame]]:
    """A frame of each sheet for one batch of episodes after another; no episode is in two."""
    after, most, done = None, FIRST, 0
    while ids := source.ids(after, most):
        found = {sheet.name: _read(source, sheet, ids) for sheet in sheets}
        yield found
        after, done = ids[-1], done + len(ids)
        source.tell(done)
        most = _next_size(len(ids), max(frame.height for frame in found.values()))


def _next_size(episodes: int, rows: int) -> int:
    return max(FIRST, min(MOST, 4 * episodes, episodes * ROWS // max(rows, 1)))


def _read(source: Source, sheet: Sheet, ids: Sequence[UUID]) -> pl.DataFrame:
    names = SQL(", ").join(Identifier(column.code) for column in sheet.columns)
    body: LiteralString = STATEMENTS[sheet.name]
    statement = SQL("COPY ({} {} SELECT {} FROM whole) TO STDOUT (FORMAT csv)").format(SQL(CHOSEN), SQL(body), names)
    order, filters = source.order, source.filters
    given = {
        "ids": list(ids),
        "salt": source.vault.index(str(source.clinic_id), "export"),
        "timepoint": filters.timepoint,
        "mode": filters.mode,
        "answers": order.contents == "all",
        "identified": order.identified,
        "now": source.now,
    }
    with _cursor(source.session) as cursor, cursor.copy(statement, given) as rows:
        content = b"".join(rows)
    return _opened(source, _frame(content, sheet.columns), sheet)


def _cursor(session: Session) -> Cursor[Any]:
    raw: Any = session.connection().connection.driver_connection
    cursor: Cursor[Any] = raw.cursor()
    return cursor


def schema(columns: Sequence[Column]) -> dict[str, type[pl.DataType]]:
    """The columns' types in a frame."""
    return {column.code: FRAMES[column.kind] for column in columns}


def _frame(content: bytes, columns: Sequence[Column]) -> pl.DataFrame:
    """Rows in one order whatever the database's plan was."""
    wanted = schema(columns)
    if not content:
        return pl.DataFrame(schema=wanted)
    frame = pl.read_csv(content, has_header=False, schema=wanted)
    keys = ("episode", "timepoint", "instrument", "kind", "code", "value_set")
    return frame.sort([key for key in keys if key in wanted])


def _opened(source: Source, frame: pl.DataFrame, sheet: Sheet) -> pl.DataFrame:
    """Chart numbers in the clear, where the export has them."""
    if not any(column.code == "chart_number" for column in sheet.columns):
        return frame
    plain = [_chart(source.vault, cell) for cell in frame["chart_number"]]
    return frame.with_columns(pl.Series("chart_number", plain, dtype=pl.String))


def _chart(vault: Vault, cell: str | None) -> str | None:
    if cell is None:
        return None
    patient, sealed = cell.split(" ")
    return vault.open(bytes.fromhex(sealed), "patient", "chart_number_enc", UUID(patient))
