"""Items, scales and thresholds read from their TOML tables, each checked by itself."""

import re
from types import MappingProxyType
from typing import cast

from scoring.instrument_model import Confidence, Direction, Item, ItemKind, Role, Scale, Threshold, Unit
from scoring.toml_table import TomlTable

CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")  # columns, addresses and rules are made of codes
MOST_LEVELS = 1001


def _range_is_right(table: TomlTable, minimum: float, maximum: float) -> None:
    if minimum >= maximum:
        raise table.fail("maximum", f"must be above minimum ({minimum:g}), not {maximum:g}")


def read_code(table: TomlTable) -> str:
    """Read the code of an instrument, item or scale."""
    code = table.text("code")
    if not CODE.fullmatch(code):
        raise table.fail("code", f"must be a code of a-z, 0-9 and _, not {code!r}")
    return code


def read_item(table: TomlTable, recall: str) -> Item:
    """Read one item; ``recall`` is the instrument's, for an item that names none of its own."""
    item = Item(
        code=read_code(table),
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


def read_threshold(table: TomlTable) -> Threshold:
    """Read one threshold; each says where it comes from."""
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


def read_scale(table: TomlTable) -> Scale:
    """Read one scale with its thresholds; a threshold that nobody can reach is refused."""
    scale = Scale(
        code=read_code(table),
        label=table.text("label"),
        minimum=table.number("minimum"),
        maximum=table.number("maximum"),
        unit=table.text("unit"),
        direction=cast("Direction", table.choice("direction", ("higher_is_worse", "higher_is_better", "none"))),
        missing=table.text("missing"),
        rule_version=table.text("rule_version"),
        needs_value_set=table.flag("needs_value_set", default=False),
        codes=MappingProxyType(table.text_map("codes")),
        thresholds=tuple(read_threshold(row) for row in table.tables("thresholds", required=False)),
        threshold_note=table.text("threshold_note", ""),
    )
    table.finish()
    _range_is_right(table, scale.minimum, scale.maximum)
    for position, threshold in enumerate(scale.thresholds):
        if threshold.unit == "points" and threshold.value > scale.maximum - scale.minimum:
            raise table.fail(f"thresholds[{position}].value", "is more than anybody can change on this scale")
        if threshold.unit == "percent_of_baseline" and scale.minimum < 0:
            raise table.fail(f"thresholds[{position}].unit", "has no meaning where the baseline can be negative")
    return scale
