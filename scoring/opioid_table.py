"""Morphine milligram equivalents: a published factor table, read from data and checked once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from scoring.instrument_model import Scale
from scoring.instrument_reading import read_scale
from scoring.toml_table import TomlTable

CURRENT = Path(__file__).parent / "data" / "mme_cdc_2022.toml"


@dataclass(frozen=True, slots=True)
class Factor:
    """One line of the table: ``unit`` is mg (a day) by mouth and mcg/h for a patch."""

    drug: str
    route: str
    unit: str
    factor: float


@dataclass(frozen=True, slots=True)
class FactorTable:
    """The factors of one publication; a new edition is a new file with its own ``version``."""

    version: str
    citation: str
    doi: str
    scale: Scale
    factors: Mapping[tuple[str, str], Factor]  # by drug and route
    not_evaluable: Mapping[str, str]  # by drug: why it has no factor

    @property
    def drugs(self) -> tuple[str, ...]:
        """Every drug with a factor, in alphabetical order."""
        return tuple(sorted({drug for drug, _route in self.factors}))


def _factor(table: TomlTable) -> Factor:
    factor = Factor(
        drug=table.text("drug"),
        route=table.choice("route", ("oral", "transdermal")),
        unit=table.choice("unit", ("mg", "mcg/h")),
        factor=table.number("factor"),
    )
    table.finish()
    if factor.factor <= 0:
        raise table.fail("factor", f"must be above 0, not {factor.factor:g}")
    return factor


def _refusal(table: TomlTable) -> tuple[str, str]:
    drug, reason = table.text("drug"), table.text("reason")
    table.finish()
    return drug, reason


def load_factor_table(file: Path) -> FactorTable:
    """Read and check one factor table; whatever is wrong with it raises ``InstrumentError``."""
    table = TomlTable.load(file)
    scales = [read_scale(row) for row in table.tables("scales", required=True)]
    if len(scales) != 1:
        raise table.fail("scales", "must hold the one scale of the dose")
    factors = [_factor(row) for row in table.tables("factors", required=True)]
    loaded = FactorTable(
        version=table.text("version"),
        citation=table.text("citation"),
        doi=table.text("doi"),
        scale=scales[0],
        factors=MappingProxyType({(each.drug, each.route): each for each in factors}),
        not_evaluable=MappingProxyType(dict(_refusal(row) for row in table.tables("not_evaluable", required=False))),
    )
    table.finish()
    if len(loaded.factors) != len(factors):
        raise table.fail("factors", "a drug and route stand there twice")
    return loaded


@cache
def current_table() -> FactorTable:
    """The table in use: CDC 2022."""
    return load_factor_table(CURRENT)
