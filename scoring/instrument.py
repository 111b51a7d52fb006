"""Instruments as data, loaded from TOML and checked once."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from scoring.errors import InstrumentError, ScoringError
from scoring.instrument_model import Instrument, Item, Scale, Threshold
from scoring.instrument_reading import read_code, read_item, read_scale
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

INSTRUMENTS = Path(__file__).parent / "instruments"


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
        code=read_code(table),
        name=table.text("name"),
        version=table.text("version"),
        licence=table.text("licence"),
        needs_licence=table.flag("needs_licence"),
        validated=table.flag("validated", default=True),
        recall=recall,
        max_missing=table.integer("max_missing", 0),
        codes=MappingProxyType(table.text_map("codes")),
        items=tuple(read_item(row, recall) for row in table.tables("items", required=True)),
        scales=tuple(read_scale(row) for row in table.tables("scales", required=True)),
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


@cache
def load_scales() -> Mapping[str, Scale]:
    """Every scale of this package, by code."""
    return MappingProxyType({scale.code: scale for each in load_instruments().values() for scale in each.scales})


def find_scale(code: str) -> Scale:
    """Look a scale up in any instrument; the refusal lists those there are."""
    scales = load_scales()
    if code not in scales:
        raise ScoringError(f"There is no scale {code!r}. Known: {', '.join(sorted(scales))}.")
    return scales[code]
