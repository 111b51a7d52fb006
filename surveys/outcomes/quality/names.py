"""What the page calls items, instruments, devices and the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scoring.instrument import load_instruments
from surveys.i18n import LazyText
from surveys.i18n import gettext as _
from surveys.outcomes.quality.taken import TEXT_SIZES, WIDTHS

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


def item_label(instrument: str, item: str) -> str:
    """The item with its instrument, where it has not the same name; a code of an instrument that is gone as it is."""
    known = load_instruments().get(instrument)
    found = next((each.label for each in known.items if each.code == item), item) if known else item
    return f"{found} ({instrument})"


def instrument_label(code: str) -> str:
    """The instrument's name."""
    known = load_instruments().get(code)
    return known.name if known else code


def value_label(dimension: str, value: object) -> str:
    """The words for a value of a dimension of ``screen_counts``."""
    known: Mapping[str, Mapping[str, LazyText]] = {"device": DEVICES, "input_path": PATHS}
    if dimension == "width_band":
        return band(value, WIDTHS, "px")
    if dimension == "text_band":
        return band(value, TEXT_SIZES, "%")
    if dimension == "layout":
        name, _dash, version = str(value).partition("-")
        return _("%(name)s, drawing %(number)s", name=LAYOUTS.get(name, name), number=version)
    return str(known.get(dimension, {}).get(str(value), value))


def band(place: object, starts: Sequence[int], unit: str) -> str:
    """The words for a place of ``width_bucket``: 0 lies before the first start, each other begins at its own."""
    at = int(str(place))
    if at == 0:
        return _("below %(end)s %(unit)s", end=starts[0], unit=unit)
    if at == len(starts):
        return _("%(start)s %(unit)s or more", start=starts[-1], unit=unit)
    return _("%(start)s to %(end)s %(unit)s", start=starts[at - 1], end=starts[at] - 1, unit=unit)
