"""From what the database counted to rows with words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from scoring.instrument import load_instruments
from surveys.i18n import LazyText
from surveys.i18n import gettext as _
from surveys.outcomes.quality_queries import ROW_HEIGHTS, TEXT_SIZES, WIDTHS, Row, grouped_by
from surveys.outcomes.quality_rows import Share, Span, span

VAS = ("eq5d3l", "vas")
PAIN = "nrs11"
DEVICES = {
    "phone": LazyText("Phone"),
    "tablet": LazyText("Tablet"),
    "computer": LazyText("Computer"),
}
LAYOUTS = {
    "rows": LazyText("Rows of answers"),
    "scale": LazyText("Rows of a scale, 0 to 10"),
    "vas": LazyText("Drawn scale with a box, 0 to 100"),
    "number": LazyText("Box for a number"),
}
PATHS = {"typed": LazyText("Typed"), "tapped": LazyText("Tapped on the scale"), "stepped": LazyText("With +1 and −1")}
MODES = {
    "self": LazyText("By the patient alone"),
    "self_with_help": LazyText("By the patient, with help"),
    "proxy": LazyText("By someone for the patient"),
    "tablet": LazyText("On the clinic's tablet"),
    "interview": LazyText("In an interview"),
    "paper": LazyText("From paper"),
    "imported": LazyText("Imported"),
}
DIGITS = 10


def item_label(instrument: str, item: str) -> str:
    """The item with its instrument, where it has not the same name; a code of an instrument that is gone as it is."""
    known = load_instruments().get(instrument)
    found = next((each.label for each in known.items if each.code == item), item) if known else item
    return f"{found} ({instrument})"


def instrument_label(code: str) -> str:
    """The instrument's name."""
    known = load_instruments().get(code)
    return known.name if known else code


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


def declined_shares(rows: Sequence[Row]) -> list[Share]:
    """Share of the answers that stand in which the patient did not want to answer."""
    wholes = in_order(row for row in rows if row["status"] is None)
    said = {(row["instrument"], row["item"]): row["answers"] for row in rows if row["status"] == "declined"}
    return [
        Share(
            f"{row['instrument']}/{row['item']}",
            item_label(row["instrument"], row["item"]),
            said.get((row["instrument"], row["item"]), 0),
            row["answers"],
            row["patients"],
        )
        for row in wholes
    ]


def slip_shares(rows: Sequence[Row]) -> list[Share]:
    """Mis-taps by class of device and height of the rows."""
    return [
        Share(
            f"{row['device']}/{row['row_band']}",
            f"{DEVICES[row['device']]}, {_band(row['row_band'], ROW_HEIGHTS, 'px')}",
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
        Share(f"{dimension}/{row[dimension]}", _value_label(dimension, row[dimension]), row["answers"], whole, patients)
        for row in ordered
    ]


def dimension_spans(rows: Sequence[Row], dimension: str) -> list[Span]:
    """Time per screen by the values of a dimension."""
    mine = [row for row in rows if grouped_by(row["which"]) == dimension and row[dimension] is not None]
    ordered = sorted(mine, key=lambda row: str(row[dimension]))
    return [_span(row, f"{dimension}/{row[dimension]}", _value_label(dimension, row[dimension])) for row in ordered]


def flag_share(rows: Sequence[Row], dimension: str, value: object, label: str) -> Share:
    """Share of one value of a dimension."""
    known = dimension_shares(rows, dimension)
    part = next((row for row in known if row.code == f"{dimension}/{value}"), None)
    whole, patients = (known[0].whole, known[0].patients) if known else (0, 0)
    return Share(f"{dimension}/{value}", label, part.part if part else 0, whole, patients)


def digit_shares(rows: Sequence[Row]) -> list[Share]:
    """The last digits of the EQ VAS, as whoever rounds would heap them."""
    counts: Counter[int] = Counter()
    for row in _levels(rows, *VAS):
        counts[row["level"] % DIGITS] += row["answers"]
    return _histogram(counts, range(DIGITS), _patients(rows, [VAS]), "…{0}")


def pain_shares(rows: Sequence[Row]) -> list[Share]:
    """The levels of every numeric rating of pain together."""
    items = [item.code for item in load_instruments()[PAIN].items]
    counts: Counter[int] = Counter()
    for row in (each for item in items for each in _levels(rows, PAIN, item)):
        counts[row["level"]] += row["answers"]
    return _histogram(counts, range(DIGITS + 1), _patients(rows, [(PAIN, item) for item in items]), "{0}")


def _levels(rows: Sequence[Row], instrument: str, item: str) -> Iterator[Row]:
    found = (row for row in rows if (row["instrument"], row["item"], row["status"]) == (instrument, item, "answered"))
    yield from found


def _patients(rows: Sequence[Row], items: Sequence[tuple[str, str]]) -> int:
    """At least so many patients stand behind these items."""
    wholes = (row for row in rows if row["status"] is None and (row["instrument"], row["item"]) in items)
    return max((row["patients"] for row in wholes), default=0)


def _histogram(counts: Mapping[int, int], values: Iterable[int], patients: int, words: str) -> list[Share]:
    whole = sum(counts.values())
    return [Share(str(each), words.format(each), counts[each], whole, patients) for each in values]


def straight_shares(rows: Sequence[Row]) -> list[Share]:
    """Complete questionnaires with the same row throughout, and those of them with the lowest: no trouble at all."""
    found = []
    for row in sorted(rows, key=lambda row: str(row["instrument"])):
        name, whole = instrument_label(row["instrument"]), (row["answers"], row["patients"])
        same = _("%(name)s: the same row throughout", name=name)
        lowest = _("%(name)s: of all, the lowest row throughout", name=name)
        found.append(Share(row["instrument"], same, row["same"], *whole))
        found.append(Share(f"{row['instrument']}/lowest", lowest, row["lowest"], *whole))
    return found


def switch_shares(row: Row) -> list[Share]:
    """Visits answered on more than one class of device."""
    return [Share("switched", _("More than one kind in a visit"), row["switched"], row["answers"], row["patients"])]


def mode_shares(rows: Sequence[Row]) -> list[Share]:
    """Who filled the questionnaires in, and how."""
    whole, patients = sum(row["answers"] for row in rows), max((row["patients"] for row in rows), default=0)
    counts = {row["entered"]: row["answers"] for row in rows}
    return [Share(code, str(words), counts[code], whole, patients) for code, words in MODES.items() if code in counts]


def _value_label(dimension: str, value: object) -> str:
    known: Mapping[str, Mapping[str, LazyText]] = {"device": DEVICES, "input_path": PATHS}
    if dimension == "width_band":
        return _band(value, WIDTHS, "px")
    if dimension == "text_band":
        return _band(value, TEXT_SIZES, "%")
    if dimension == "layout":
        name, _dash, version = str(value).partition("-")
        return _("%(name)s, drawing %(number)s", name=LAYOUTS.get(name, name), number=version)
    return str(known.get(dimension, {}).get(str(value), value))


def _band(place: object, starts: Sequence[int], unit: str) -> str:
    """The words for a place of ``width_bucket``: 0 lies before the first start, each other begins at its own."""
    at = int(str(place))
    if at == 0:
        return _("below %(end)s %(unit)s", end=starts[0], unit=unit)
    if at == len(starts):
        return _("%(start)s %(unit)s or more", start=starts[-1], unit=unit)
    return _("%(start)s to %(end)s %(unit)s", start=starts[at - 1], end=starts[at] - 1, unit=unit)
