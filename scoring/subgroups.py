"""Two arms compared within each subgroup, with the test of whether the subgroups differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from scoring.covariates import Interaction, interaction_test
from scoring.errors import ScoringError
from scoring.two_arms import Proportion, TwoArms, compare
from scoring.types import BoolArray, FloatArray, TextArray

EXPLORATORY = (
    "Subgroups are exploratory: read the interaction test, not the intervals side by side, and expect a false finding "
    "among many."
)


@dataclass(frozen=True, slots=True)
class Subgroup:
    """One level of one variable with the comparison inside it."""

    level: str
    comparison: TwoArms


@dataclass(frozen=True, slots=True)
class SubgroupTable:
    """Every level of one variable. ``unknown``: evaluable patients of the two arms whose level is not known."""

    variable: str
    treated: str
    reference: str
    rows: tuple[Subgroup, ...]
    unknown: int
    interaction: Interaction


def subgroup_table(
    variable: str,
    level: TextArray,
    arm: TextArray,
    treated: str,
    reference: str,
    evaluable: BoolArray,
    responded: BoolArray,
) -> SubgroupTable:
    """Compare two arms within each level; arrays of shape (n,), ``level`` "" where unknown.

    An empty or one-sided subgroup is a row whose comparison is "not estimable, because ...". Patients of other arms
    stay out. The interaction is tested by the likelihood ratio of a logistic model.
    """
    lengths = {len(level), len(arm), len(evaluable), len(responded)}
    if len(lengths) != 1:
        raise ScoringError(f"The columns for {variable} differ in length: {sorted(lengths)}.")
    own = evaluable & np.isin(arm, [treated, reference])
    known = own & (level != "")
    rows = tuple(
        Subgroup(name, _compare(known & (level == name), arm, treated, responded))
        for name in sorted(set(level[known].tolist()))
    )
    tested = interaction_test(responded[known], arm[known], reference, level[known])
    return SubgroupTable(variable, treated, reference, rows, int((own & ~known).sum()), tested)


def banded(values: FloatArray, cuts: Sequence[float]) -> TextArray:
    """Levels of a number: below the first cut, from each cut on to below the next; "" where NaN.

    >>> banded(np.array([49.0, 50.0, 70.0, np.nan]), [50, 65]).tolist()
    ['1: below 50', '2: 50 to below 65', '3: 65 and above', '']
    """
    if not cuts or list(cuts) != sorted(set(cuts)):
        raise ScoringError("Cuts are one or more different numbers in ascending order.")
    names = [f"1: below {cuts[0]:g}"]
    names += [f"{at + 2}: {low:g} to below {high:g}" for at, (low, high) in enumerate(pairwise(cuts))]
    names += [f"{len(cuts) + 1}: {cuts[-1]:g} and above"]
    return np.where(
        np.isnan(values), "", np.array(names)[np.searchsorted(cuts, values, side="right").clip(max=len(cuts))]
    )


def _compare(chosen: BoolArray, arm: TextArray, treated: str, responded: BoolArray) -> TwoArms:
    own, other = chosen & (arm == treated), chosen & (arm != treated)
    return compare(
        Proportion(int((own & responded).sum()), int(own.sum())),
        Proportion(int((other & responded).sum()), int(other.sum())),
    )
