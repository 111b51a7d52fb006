"""Instruments as data, loaded from TOML and checked once."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import cast

from scoring.errors import InstrumentError, ScoringError
from scoring.instrument_model import (
    Confidence,
    Direction,
    Instrument,
    Item,
    ItemKind,
    Role,
    Scale,
    Threshold,
    Unit,
)
from scoring.toml_table import TomlTable

__all__ = [
    "Instrument",
    "Item",
    "Scale",
    "Threshold",
    "find_instrument",
    "find_scale",
    "load_folder",
    "load_instrument",
    "load_instruments",
]

CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")  # columns, addresses and rules are made of codes
MOST_LEVELS = 1001
INSTRUMENTS = Path(__file__).parent / "instruments"


def _range_is_right(table: TomlTable, minimum: float, maximum: float) -> None:
    if minimum >= maximum:
        raise table.fail("maximum", f"must be above minimum ({minimum:g}), not {maximum:g}")


def _code(table: TomlTable) -> str:
    code = table.text("code")
    if not CODE.fullmatch(code):
        raise table.fail("code", f"must be a code of a-z, 0-9 and _, not {code!r}")
    return code


def _item(table: TomlTable, recall: str) -> Item:
    item = Item(
        code=_code(table),
        label=table.text("label"),
        kind=cast("ItemKind", table.choice("kind", ("choice", "number", "boolean"))),
        minimum=table.integer("minimum"),
        maximum=table.integer("maximum"),
        recall=table.text("recall", recall),
        skippable=table.flag("skippable", default=False),
        optional=table.flag("optional", default=False),
        level_names=table.words("level_names"),
        codes=MappingProxyType(table.text_map("codes")),
    )
    table.finish()
    _range_is_right(table, item.minimum, item.maximum)
    if item.maximum - item.minimum >= MOST_LEVELS:
        raise table.fail("maximum", f"makes more than {MOST_LEVELS} levels")
    if item.kind == "boolean" and (item.minimum, item.maximum) != (0, 1):
        raise table.fail("kind", "a boolean runs from 0 to 1")
    if item.level_names and len(item.level_names) != len(item.levels):
        raise table.fail("level_names", f"names {len(item.level_names)} of {len(item.levels)} levels")
    return item


def _threshold(table: TomlTable) -> Threshold:
    threshold = Threshold(
        value=table.number("value"),
        unit=cast("Unit", table.choice("unit", ("points", "percent_of_baseline"))),
        role=cast("Role", table.choice("role", ("mic", "sdc", "responder"))),
        source=table.text("source"),
        population=table.text("population"),
        method=table.text("method"),
        instrument_version=table.text("instrument_version"),
        confidence=cast("Confidence", table.choice("confidence", ("high", "medium", "low"))),
    )
    table.finish()
    if threshold.value <= 0:
        raise table.fail("value", f"must be above 0, not {threshold.value:g}")
    return threshold


def _scale(table: TomlTable) -> Scale:
    scale = Scale(
        code=_code(table),
        label=table.text("label"),
        minimum=table.number("minimum"),
        maximum=table.number("maximum"),
        unit=table.text("unit"),
        direction=cast("Direction", table.choice("direction", ("higher_is_worse", "higher_is_better", "none"))),
        missing=table.text("missing"),
        rule_version=table.text("rule_version"),
        needs_value_set=table.flag("needs_value_set", default=False),
        codes=MappingProxyType(table.text_map("codes")),
        thresholds=tuple(_threshold(row) for row in table.tables("thresholds", required=False)),
    )
    table.finish()
    _range_is_right(table, scale.minimum, scale.maximum)
    for position, threshold in enumerate(scale.thresholds):
        if threshold.unit == "points" and threshold.value > scale.maximum - scale.minimum:
            raise table.fail(f"thresholds[{position}].value", "is more than anybody can change on this scale")
        if threshold.unit == "percent_of_baseline" and scale.minimum < 0:
            raise table.fail(f"thresholds[{position}].unit", "has no meaning where the baseline can be negative")
    return scale


def _no_code_twice(table: TomlTable, name: str, codes: list[str]) -> None:
    for position, code in enumerate(codes):
        if code in codes[:position]:
            raise table.fail(f"{name}[{position}].code", f"{code!r} is used twice")


def _check_whole(table: TomlTable, instrument: Instrument, stem: str) -> None:
    if instrument.code != stem:
        raise table.fail("code", f"must be the file's name, {stem!r}, not {instrument.code!r}")
    _no_code_twice(table, "items", [item.code for item in instrument.items])
    _no_code_twice(table, "scales", [scale.code for scale in instrument.scales])
    for name, rows in (("items", instrument.items), ("scales", instrument.scales)):
        if not rows:
            raise table.fail(name, "must hold at least one")
    if not 0 <= instrument.max_missing < len(instrument.items):
        raise table.fail("max_missing", f"must lie between 0 and {len(instrument.items) - 1}")


def load_instrument(file: Path) -> Instrument:
    """Load and check one file; whatever is wrong with it raises ``InstrumentError``."""
    table = TomlTable.load(file)
    recall = table.text("recall")
    instrument = Instrument(
        code=_code(table),
        name=table.text("name"),
        version=table.text("version"),
        licence=table.text("licence"),
        needs_licence=table.flag("needs_licence"),
        validated=table.flag("validated", default=True),
        recall=recall,
        max_missing=table.integer("max_missing", 0),
        codes=MappingProxyType(table.text_map("codes")),
        items=tuple(_item(row, recall) for row in table.tables("items", required=True)),
        scales=tuple(_scale(row) for row in table.tables("scales", required=True)),
    )
    table.finish()
    _check_whole(table, instrument, file.stem)
    return instrument


def _check_shared_scales(instruments: list[Instrument]) -> None:
    """Two instruments may fill one scale, and then they say the same of it."""
    seen: dict[str, Scale] = {}
    for instrument in instruments:
        for scale in instrument.scales:
            first = seen.setdefault(scale.code, scale)
            if replace(scale, missing=first.missing) != first:
                reason = f"differs from the scale {scale.code!r} of another instrument"
                raise InstrumentError(f"{instrument.code}.toml", "scales", reason)


def load_folder(folder: Path) -> Mapping[str, Instrument]:
    """Load every instrument of a folder, by code, in alphabetical order."""
    loaded = [load_instrument(file) for file in sorted(folder.glob("*.toml"))]
    if not loaded:
        raise InstrumentError(str(folder.name), "*.toml", "the folder holds no instrument")
    _check_shared_scales(loaded)
    return MappingProxyType({instrument.code: instrument for instrument in loaded})


@cache
def load_instruments() -> Mapping[str, Instrument]:
    """Every instrument of this package, by code."""
    return load_folder(INSTRUMENTS)


def find_instrument(code: str) -> Instrument:
    """Look an instrument up; the refusal lists those there are."""
    instruments = load_instruments()
    if code not in instruments:
        raise ScoringError(f"There is no instrument {code!r}. Known: {', '.join(instruments)}.")
    return instruments[code]


def find_scale(code: str) -> Scale:
    """Look a scale up in any instrument; the refusal lists those there are."""
    scales = {scale.code: scale for each in load_instruments().values() for scale in each.scales}
    if code not in scales:
        raise ScoringError(f"There is no scale {code!r}. Known: {', '.join(sorted(scales))}.")
    return scales[code]
