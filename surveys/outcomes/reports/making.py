"""One report from the database to a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from scoring.responder import Rule
from surveys.outcomes.filter_text import parse
from surveys.outcomes.reports.content import Content, board_of, content
from surveys.outcomes.reports.order import Order
from surveys.outcomes.reports.typesetting import pdf
from surveys.protocols import store as protocol_store

FILE = "report.pdf"
STEADY = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")  # one moment for all figures


def make(
    session: Session, order: Order, folder: Path, progress: Callable[[int, int], None], *, now: datetime
) -> tuple[Path, dict[str, object]]:
    """Write the report; returns it and what the list says of it. Texts are in the language that is in force."""
    session.execute(STEADY)
    whole = gather(session, order, progress, now=now)
    path = folder / FILE
    path.write_bytes(pdf(whole))
    return path, {"figures": len(whole.document["hashes"]), "data_as_of": now.isoformat(timespec="seconds")}


def gather(session: Session, order: Order, progress: Callable[[int, int], None], *, now: datetime) -> Content:
    """Read and count everything that the report says."""
    filters = parse(order.filters)
    row = protocol_store.find(session, filters.protocol)
    if row is None:
        raise LookupError(filters.protocol)
    protocol = protocol_store.protocol_of(row)
    rule = Rule.parse(order.rule, value_set=protocol.value_set)
    board = board_of(session, protocol, replace(filters, fewest=order.fewest), rule, now=now)
    return content(session, board, order, progress)
