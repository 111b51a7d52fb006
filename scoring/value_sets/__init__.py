"""EQ-5D value sets: which there are, where each comes from and how far it can be trusted."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from scoring.errors import ValueSetError

FILE = Path(__file__).parent / "eq5d3l.json"
REFUSED = frozenset({"Iran_VAS"})  # two independent packages agree with each other and contradict it
DIMENSIONS = ("MO", "SC", "UA", "PD", "AD")
_AGREEMENT = re.compile(r"agrees_with_(\d+)_of_(\d+)_independent_packages.*")


class Quality(StrEnum):
    """How far independent packages bear a set out: every one, not every one, none there, or all against it."""

    AGREED = "agreed"
    DIFFERS = "differs"
    SINGLE_SOURCE = "single_source"
    CONTRADICTED = "contradicted"

    @property
    def words(self) -> str:
        """The flag as a reader is told."""
        return {
            "agreed": "independent packages agree",
            "differs": "packages differ",
            "single_source": "single source",
            "contradicted": "contradicted by independent packages",
        }[self.value]


@dataclass(frozen=True, slots=True)
class PairTerm:
    """Added where both dimensions are at their level; dimensions count from 0."""

    first: tuple[int, int]
    second: tuple[int, int]
    coefficient: float


@dataclass(frozen=True, slots=True)
class CountTerm:
    """Added as coefficient times a count over the whole state, by the term's published name."""

    name: str
    coefficient: float


@dataclass(frozen=True, slots=True)
class ValueSet:
    """Coefficients of one published set; they are signed and added (multiplied in the one such set)."""

    id: str
    country: str
    method: str
    multiplicative: bool
    full_health: float
    not_full: float | None  # applies where any dimension is not at level 1
    any_at_3: float | None
    levels: tuple[tuple[float, float, float], ...]  # by dimension, then level
    pairs: tuple[PairTerm, ...]
    counts: tuple[CountTerm, ...]
    overrides: Mapping[str, float]
    lowest: float  # as published, to three decimals
    citation: str
    doi: str | None
    verification: str
    note: str

    @property
    def refused(self) -> bool:
        """Contradicted by independent sources: used only when forced."""
        return self.id in REFUSED

    @property
    def quality(self) -> Quality:
        """The flag that goes wherever the set goes; anything but ``AGREED`` has a caution."""
        if self.refused:
            return Quality.CONTRADICTED
        agreement = _AGREEMENT.fullmatch(self.verification)
        if agreement is None:
            return Quality.SINGLE_SOURCE
        return Quality.AGREED if agreement[1] == agreement[2] else Quality.DIFFERS

    @property
    def caution(self) -> str:
        """What a user of this set has to be told; empty where independent packages agree."""
        agreed = self.quality is Quality.AGREED
        return "" if agreed else (self.note or self.verification.replace("_", " "))


def _levels(entry: dict[str, Any]) -> tuple[tuple[float, float, float], ...]:
    neutral = 1.0 if entry["model"] == "multiplicative" else 0.0
    rows = (entry["levels"][dimension] for dimension in DIMENSIONS)
    return tuple((neutral, float(row["2"]), float(row["3"])) for row in rows)


def _place(pair: list[Any]) -> tuple[int, int]:
    return DIMENSIONS.index(pair[0]), int(pair[1])


def _pairs(terms: list[dict[str, Any]]) -> tuple[PairTerm, ...]:
    chosen = (term for term in terms if term["kind"] == "pair")
    return tuple(
        PairTerm(_place(term["pair"][0]), _place(term["pair"][1]), float(term["coefficient"])) for term in chosen
    )


def _counts(terms: list[dict[str, Any]]) -> tuple[CountTerm, ...]:
    chosen = (term for term in terms if term["kind"] == "count")
    return tuple(CountTerm(term["name"], float(term["coefficient"])) for term in chosen)


def _value_set(entry: dict[str, Any]) -> ValueSet:
    return ValueSet(
        id=entry["id"],
        country=entry["country"],
        method=entry["method"],
        multiplicative=entry["model"] == "multiplicative",
        full_health=float(entry["full_health"]),
        not_full=entry["constant_any_not_1"],
        any_at_3=entry["N3_any_at_3"],
        levels=_levels(entry),
        pairs=_pairs(entry["extra_terms"]),
        counts=_counts(entry["extra_terms"]),
        overrides=MappingProxyType(entry.get("overrides", {})),
        lowest=float(entry["range"][0]),
        citation=entry["source"]["citation"],
        doi=entry["source"]["doi"],
        verification=entry["verification"],
        note=entry.get("note", ""),
    )


@cache
def load_value_sets() -> Mapping[str, ValueSet]:
    """Every EQ-5D-3L value set, by its id."""
    entries = json.loads(FILE.read_text(encoding="utf-8"))["value_sets"]
    return MappingProxyType({entry["id"]: _value_set(entry) for entry in entries})


def find_value_set(value_set: str | None, *, force: bool = False) -> ValueSet:
    """Look a set up. There is no default country; a contradicted set needs ``force``."""
    sets = load_value_sets()
    if value_set is None:
        raise ValueSetError(
            "The EQ-5D-3L index needs a named value set and there is no default country, for instance "
            "--value-set UK_TTO. See them all with: python -m scoring valuesets"
        )
    if value_set not in sets:
        raise ValueSetError(
            f"There is no EQ-5D-3L value set {value_set!r}. See them all with: python -m scoring valuesets"
        )
    if sets[value_set].refused and not force:
        raise ValueSetError(f"The value set {value_set} is refused: {sets[value_set].note}")
    return sets[value_set]
