"""MIC, SDC and the worsening that counts, as a protocol states them for one patient's change on a scale."""

from __future__ import annotations

from decimal import Decimal

from scoring.errors import ScoringError
from scoring.individual import Amount
from scoring.instrument import find_instrument, find_scale
from scoring.toml_table import TomlTable
from surveys.protocols.model import PersonalThresholds, Protocol


def personal_thresholds(table: TomlTable) -> PersonalThresholds:
    """Read one scale's table: each amount in points, above 0, with where it comes from."""
    amounts = {name: _amount(table, name) for name in ("mic", "sdc", "worse")}
    found = PersonalThresholds(table.text("scale"), **amounts)
    table.finish()
    if not any(amounts.values()):
        raise table.fail("scale", "states none of mic, sdc and worse")
    return found


def _amount(table: TomlTable, name: str) -> Amount | None:
    if not table.has(name):
        return None
    value, source = table.number(name), table.text(f"{name}_source")
    try:
        return Amount(Decimal(repr(value)).normalize(), source)
    except ScoringError as problem:
        raise table.fail(name, str(problem).rstrip(".")) from problem


def check_individual(table: TomlTable, protocol: Protocol) -> None:
    """Refuse a scale that nobody is asked for or that stands there twice, and more than anybody can change by."""
    offered = {scale.code for code in protocol.instruments for scale in find_instrument(code).scales}
    scales = [each.scale for each in protocol.individual]
    for position, each in enumerate(protocol.individual):
        key = f"individual[{position}]"
        if each.scale not in offered or each.scale in scales[:position]:
            raise table.fail(f"{key}.scale", f"{each.scale!r} is no scale of this protocol, or stands there twice")
        _check_amounts(table, key, each)


def _check_amounts(table: TomlTable, key: str, own: PersonalThresholds) -> None:
    scale = find_scale(own.scale)
    for name, amount in (("mic", own.mic), ("sdc", own.sdc), ("worse", own.worse)):
        if amount is not None and float(amount.value) > scale.maximum - scale.minimum:
            raise table.fail(f"{key}.{name}", f"nobody can change by {amount.value} on {own.scale}")
