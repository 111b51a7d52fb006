"""The data dictionary: the columns of the figures' files, and those of an export of the same patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scoring.instrument import load_instruments
from surveys.exchange.exports.columns import Column, Sheet
from surveys.exchange.exports.order import Order
from surveys.exchange.exports.sheets import sheets_of
from surveys.outcomes.figure import Figure
from surveys.outcomes.reports.figures import columns_of
from surveys.protocols.model import Protocol


def dictionary(protocol: Protocol, filters: str, figures: tuple[Figure, ...]) -> dict[str, Any]:
    """``figures``: code and words of each column; ``sheets``: those of a de-identified export, in English as there."""
    sheets = sheets_of([protocol], Order(filters), None)
    return {
        "figures": [[code, words] for code, words in columns_of(figures) if words],
        "sheets": [_sheet(sheet, _own(protocol)) for sheet in sheets],
    }


def _own(protocol: Protocol) -> Mapping[str, frozenset[str]]:
    """The values of two columns that this protocol can have; an export names those of every protocol."""
    instruments = [load_instruments()[code] for code in protocol.instruments]
    scales = {scale.code for instrument in instruments for scale in instrument.scales}
    items = {item.code for instrument in instruments for item in instrument.items}
    return {"instrument": frozenset(protocol.instruments), "code": frozenset(scales | items)}


def _sheet(sheet: Sheet, own: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    return {"name": sheet.name, "title": sheet.title, "rows": [_row(column, own) for column in sheet.columns]}


def _row(column: Column, own: Mapping[str, frozenset[str]]) -> Sequence[str]:
    wanted = own.get(column.code, frozenset(column.labels))
    values = (f"{value} = {label}" for value, label in column.labels.items() if value in wanted)
    meaning = ": ".join(part for part in (column.title, column.note) if part)
    return [column.code, column.kind, meaning, "; ".join(values)]
