"""From what was counted of the screens to rows with words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scoring.instrument import load_instruments
from surveys.i18n import gettext as _
from surveys.outcomes.quality.names import DEVICES, band, instrument_label, item_label, value_label
from surveys.outcomes.quality.rows import Share, Span, span
from surveys.outcomes.quality.screen_counts import grouped_by
from surveys.outcomes.quality.taken import ROW_HEIGHTS, Row


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Rows of items in the order of the instruments' own."""
    instruments = load_instruments()
    places = {(code, item.code): at for code, each in instruments.items() for at, item in enumerate(each.items)}
    return sorted(rows, key=lambda row: (row["instrument"], places.get((row["instrument"], row["item"]), len(places))))


def source_rows(row: Row) -> list[Share]:
    """How the answers came."""
    answers, own, patients = row["answers"], row["own"], row["patients"]
    steps = (
        ("screens", _("Given on an item's screen"), row["screens"], answers),
        ("own", _("Given there by the patient"), own, answers),
        ("scripts", _("Of these, measured by the browser"), row["scripts"], own),
        ("plain", _("Of these, without scripts"), own - row["scripts"], own),
    )
    return [Share(code, label, part, whole, patients) for code, label, part, whole in steps]


def screen_spans(rows: Sequence[Row]) -> list[Span]:
    """Time per screen."""
    return [
        _span(row, f"{row['instrument']}/{row['item']}", item_label(row["instrument"], row["item"])) for row in rows
    ]


def questionnaire_spans(rows: Sequence[Row]) -> list[Span]:
    """Time per questionnaire."""
    ordered = sorted(rows, key=lambda row: str(row["instrument"]))
    return [_span(row, row["instrument"], instrument_label(row["instrument"])) for row in ordered]


def dimension_spans(rows: Sequence[Row], dimension: str) -> list[Span]:
    """Time per screen by the values of a dimension."""
    mine = [row for row in rows if grouped_by(row["which"]) == dimension and row[dimension] is not None]
    ordered = sorted(mine, key=lambda row: str(row[dimension]))
    return [_span(row, f"{dimension}/{row[dimension]}", value_label(dimension, row[dimension])) for row in ordered]


def _span(row: Row, code: str, label: str) -> Span:
    return span(code, label, row["timed"], row["answers"], row["patients"], row["quartiles"])


def item_shares(rows: Sequence[Row], part: str) -> list[Share]:
    """Share of the screens of each item on which ``part`` happened."""
    return [
        Share(
            f"{row['instrument']}/{row['item']}",
            item_label(row["instrument"], row["item"]),
            row[part],
            row["watched"],
            row["patients"],
        )
        for row in rows
    ]


def slip_shares(rows: Sequence[Row]) -> list[Share]:
    """Mis-taps by class of device and height of the rows."""
    return [
        Share(
            f"{row['device']}/{row['row_band']}",
            f"{DEVICES[row['device']]}, {band(row['row_band'], ROW_HEIGHTS, 'px')}",
            row["slipped"],
            row["answers"],
            row["patients"],
        )
        for row in sorted(rows, key=lambda row: (list(DEVICES).index(row["device"]), row["row_band"]))
    ]


def dimension_shares(rows: Sequence[Row], dimension: str) -> list[Share]:
    """Share of each value of a dimension, of the screens for which it is known."""
    mine = [row for row in rows if grouped_by(row["which"]) == dimension and row[dimension] is not None]
    whole = sum(row["answers"] for row in mine)
    patients = max((row["patients"] for row in mine), default=0)  # at least so many
    ordered = sorted(mine, key=lambda row: str(row[dimension]))
    return [
        Share(f"{dimension}/{row[dimension]}", value_label(dimension, row[dimension]), row["answers"], whole, patients)
        for row in ordered
    ]


def flag_share(rows: Sequence[Row], dimension: str, value: object, label: str) -> Share:
    """Share of one value of a dimension."""
    known = dimension_shares(rows, dimension)
    part = next((row for row in known if row.code == f"{dimension}/{value}"), None)
    whole, patients = (known[0].whole, known[0].patients) if known else (0, 0)
    return Share(f"{dimension}/{value}", label, part.part if part else 0, whole, patients)


def switch_shares(row: Row) -> list[Share]:
    """Visits answered on more than one class of device."""
    return [Share("switched", _("More than one kind in a visit"), row["switched"], row["answers"], row["patients"])]
