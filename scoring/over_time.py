"""Rates over timepoints seen twice: whoever is available at each, and the same patients at all."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scoring.errors import ScoringError
from scoring.missing import answered
from scoring.responders import proportion
from scoring.two_arms import Proportion
from scoring.types import BoolArray
from scoring.verdict import ResponderResult


@dataclass(frozen=True, slots=True)
class TwoViews:
    """One timepoint: ``available``, everyone evaluable then; ``same``, those evaluable at every timepoint.

    Where the two differ, those who left were not like those who stayed.
    """

    timepoint: str
    available: Proportion
    same: Proportion


def two_views(judged: Mapping[str, ResponderResult]) -> tuple[TwoViews, ...]:
    """Both views of n patients judged at each timepoint, in the order given."""
    lengths = {len(result.status) for result in judged.values()}
    if len(lengths) != 1:
        raise ScoringError(f"One or more timepoints of the same patients are needed, found lengths {sorted(lengths)}.")
    everyone = np.ones(lengths.pop(), dtype=np.bool_)
    always = evaluable_throughout(judged)
    return tuple(
        TwoViews(timepoint, proportion(result, everyone), proportion(result, always))
        for timepoint, result in judged.items()
    )


def evaluable_throughout(judged: Mapping[str, ResponderResult]) -> BoolArray:
    """Who can be judged at every timepoint, shape (n,)."""
    always: BoolArray = np.logical_and.reduce([answered(result) for result in judged.values()])
    return always
