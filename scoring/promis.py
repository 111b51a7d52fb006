"""PROMIS Global Health v1.2: physical and mental summary, as raw total, T score and its standard error."""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from scoring.types import FloatArray

FILE = Path(__file__).parent / "data" / "promis_gh_tscores.csv"
PHYSICAL = ("global03", "global06", "global07", "global08")
MENTAL = ("global02", "global04", "global05", "global10")
LOWEST = 4  # raw total of four items at their worst
_PAIN = np.array([5, 4, 4, 4, 3, 3, 3, 2, 2, 2, 1, np.nan])  # by answer 0 to 10, then "unanswered"


def recoded_pain(answers: FloatArray) -> FloatArray:
    """Average pain as the raw total counts it, 5 (none) to 1 (worst).

    ``answers``: shape (n,), 0 to 10, NaN where unanswered: 0 is 5, 1 to 3 is 4, 4 to 6 is 3, 7 to 9 is 2, 10 is 1.
    Source: PROMIS Global Health scoring manual, HealthMeasures.

    >>> recoded_pain(np.array([0.0, 3.0, 4.0, 10.0, np.nan])).tolist()
    [5.0, 4.0, 3.0, 1.0, nan]
    """
    recoded: FloatArray = _PAIN[np.where(np.isnan(answers), len(_PAIN) - 1, answers).astype(np.intp)]
    return recoded


@cache
def _conversion(column: str) -> FloatArray:
    """One column of the conversion table by raw total from 4 to 20, then NaN for "no total"."""
    with FILE.open(encoding="utf-8", newline="") as file:
        values = [float(row[column]) for row in csv.DictReader(file)]
    table = np.array([*values, np.nan])
    table.setflags(write=False)
    return table


def _converted(raw: FloatArray, column: str) -> FloatArray:
    table = _conversion(column)
    converted: FloatArray = table[np.where(np.isnan(raw), len(table) - 1, raw - LOWEST).astype(np.intp)]
    return converted


def _summary(name: str, items: list[FloatArray]) -> dict[str, FloatArray]:
    raw = np.sum(items, axis=0)
    t, se = (_converted(raw, f"{name}_{column}") for column in ("t", "se"))
    return {f"{name}_raw": raw, f"{name}_t": t, f"{name}_se": se}


def promis_gh(answers: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Global Physical Health (``gph``) and Global Mental Health (``gmh``): raw total, T score, standard error.

    ``answers``: ``global02`` to ``global08`` and ``global10``, each of shape (n,), as v1.2 stores them: 1 to 5 with 5
    best, fatigue and emotional problems included, pain 0 to 10 with 0 best; NaN where unanswered. Raw totals run from
    4 to 20; T has a mean of 50 and a standard deviation of 10 in the general population of the United States; higher
    is better for both. All four items of a summary are needed, else its three numbers are NaN. ``global01`` and
    ``global09`` count nowhere. Sources: Hays et al., Qual Life Res 2009;18:873-880; conversion table of the PROMIS
    Global Health scoring manual.
    """
    given = {code: answers[code] for code in PHYSICAL + MENTAL}
    given["global07"] = recoded_pain(given["global07"])
    physical, mental = ([given[code] for code in codes] for codes in (PHYSICAL, MENTAL))
    return _summary("gph", physical) | _summary("gmh", mental)
