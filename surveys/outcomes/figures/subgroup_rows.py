"""The rows of the subgroups: levels that patients brought along, a rate per arm and level, those of too few hidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scoring.covariates import Interaction
from scoring.subgroups import banded, subgroup_table
from scoring.two_arms import Proportion, TwoArms
from scoring.types import FloatArray, TextArray
from surveys.outcomes.figures.scores import Judged
from surveys.outcomes.look import Look

AGES, MASSES = (50.0, 65.0), (25.0, 30.0)


@dataclass(frozen=True, slots=True)
class SubgroupRow:
    """One level of one variable: a proportion per arm, or nothing where too few are in it to be shown."""

    variable: str
    level: str
    shares: Mapping[str, Proportion]
    compared: TwoArms | None
    interaction: Interaction | None
    hidden: bool = False


def levels_of(look: Look) -> dict[str, TextArray]:
    """Each variable's level of everyone, "" where not known."""
    facts = look.cohort.known
    return {
        "pain_generator": facts.pain_generator,
        "diagnosis": np.array([code.partition(".")[0] for code in facts.diagnosis.tolist()], dtype=np.str_),
        "sex": facts.sex,
        "age": banded(facts.age, AGES),
        "bmi": banded(facts.bmi, MASSES),
        "opioid_use": _yes_or_no(facts.opioid_use),
        "smoking": _yes_or_no(facts.smoking),
    }


def _yes_or_no(flags: FloatArray) -> TextArray:
    named: TextArray = np.select([flags == 1, flags == 0], ["yes", "no"], "")
    return named


def subgroup_rows(look: Look, found: Judged) -> list[SubgroupRow]:
    """The rows of every variable with two known levels or more."""
    rows = []
    for variable, levels in levels_of(look).items():
        if len(set(levels[found.evaluable].tolist()) - {""}) > 1:
            rows += _kept(look, _of_variable(look, found, variable, levels))
    return rows


def _of_variable(look: Look, found: Judged, variable: str, levels: TextArray) -> list[SubgroupRow]:
    compared, interaction = _comparisons(look, found, variable, levels)
    return [
        SubgroupRow(variable, level, _shares(look, found, levels, level), compared.get(level), interaction)
        for level in sorted(set(levels[found.evaluable].tolist()) - {""})
    ]


def _comparisons(
    look: Look, found: Judged, variable: str, levels: TextArray
) -> tuple[dict[str, TwoArms], Interaction | None]:
    """Two arms within each level; nothing where there is one arm, or more than two."""
    if look.reference is None or len(look.treated) != 1:
        return {}, None
    arms = look.treated[0].code, look.reference.code
    table = subgroup_table(variable, levels, look.cohort.arm_codes, *arms, found.evaluable, found.responded)
    return {row.level: row.comparison for row in table.rows}, table.interaction


def _shares(look: Look, found: Judged, levels: TextArray, level: str) -> dict[str, Proportion]:
    own = {arm: look.cohort.in_arm(arm) & (levels == level) for arm in look.arms}
    counted = {arm: (found.responded & flags, found.evaluable & flags) for arm, flags in own.items()}
    return {arm: Proportion(int(k.sum()), int(n.sum())) for arm, (k, n) in counted.items()}


def _kept(look: Look, rows: list[SubgroupRow]) -> list[SubgroupRow]:
    """Hide a level of too few, and one more where the rest would reveal it."""
    fewest = look.cohort.filters.fewest
    smallest = {row.level: min(_seen(row), default=0) for row in rows}
    few = {level for level, n in smallest.items() if 0 < n < fewest}
    if len(few) == 1 and len(rows) > 1:
        few.add(min((level for level in smallest if level not in few), key=lambda level: smallest[level]))
    return [_hidden(row) if row.level in few else row for row in rows]


def _hidden(row: SubgroupRow) -> SubgroupRow:
    return SubgroupRow(row.variable, row.level, {}, None, None, hidden=True)


def _seen(row: SubgroupRow) -> list[int]:
    return [share.n for share in row.shares.values() if share.n]
