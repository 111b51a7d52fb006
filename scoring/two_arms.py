"""Two proportions side by side: differences, ratios and tests, each with what speaks against it."""

from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np
from scipy.special import chdtrc, ndtri

from scoring.errors import ScoringError
from scoring.proportions import wilson

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Proportion:
    """``responders`` of ``n`` patients; ``n`` may be 0, and then there is no rate and no interval."""

    responders: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.responders <= self.n:
            raise ScoringError(f"{self.responders} of {self.n} is no proportion.")

    @property
    def rate(self) -> float | None:
        """Responders of n, 0 to 1; None where n is 0."""
        return self.responders / self.n if self.n else None

    @property
    def wilson(self) -> Interval | None:
        """Wilson 95 % interval of the rate; None where n is 0."""
        return wilson(self.responders, self.n)

    @property
    def others(self) -> int:
        """Patients of n who did not respond."""
        return self.n - self.responders


@dataclass(frozen=True, slots=True)
class TwoArms:
    """The treated arm against the reference arm. All intervals are 95 %.

    ``risk_difference``: treated minus reference, -1 to 1, with Newcombe's interval (method 10: the square and
    add of two Wilson intervals). ``nnt``: 1 / difference, negative where the treated arm does worse; ``nnt_ci``
    only where the interval of the difference leaves 0 out. ``risk_ratio`` with the log interval of Katz,
    ``odds_ratio`` with that of Woolf. ``chi2_p``: Pearson, no continuity correction; ``fisher_p``: two-sided.
    What cannot be estimated is None, and ``notes`` says why.
    """

    treated: Proportion
    reference: Proportion
    risk_difference: float | None
    newcombe: Interval | None
    nnt: float | None
    nnt_ci: Interval | None
    risk_ratio: float | None
    risk_ratio_ci: Interval | None
    odds_ratio: float | None
    odds_ratio_ci: Interval | None
    chi2_p: float | None
    fisher_p: float | None
    notes: tuple[str, ...]


def newcombe(treated: Proportion, reference: Proportion) -> Interval | None:
    """95 % interval of treated minus reference; None where an arm is empty.

    Source: Newcombe, Stat Med 1998;17:873-890, method 10, without continuity correction.

    >>> low, high = newcombe(Proportion(56, 70), Proportion(48, 80))
    >>> round(low, 4), round(high, 4)
    (0.0524, 0.3339)
    """
    first, second = treated.wilson, reference.wilson
    if first is None or second is None:
        return None
    p, q = treated.responders / treated.n, reference.responders / reference.n
    below = sqrt((p - first[0]) ** 2 + (second[1] - q) ** 2)
    above = sqrt((first[1] - p) ** 2 + (q - second[0]) ** 2)
    return p - q - below, p - q + above


def compare(treated: Proportion, reference: Proportion) -> TwoArms:
    """Compare two arms by their counts; an empty arm leaves every comparison not estimable.

    >>> compare(Proportion(7, 10), Proportion(0, 10)).notes[0]
    'risk ratio: not estimable, because nobody responded in the reference arm'
    """
    if not treated.n or not reference.n:
        return _nothing(treated, reference)
    difference = treated.responders / treated.n - reference.responders / reference.n
    interval = newcombe(treated, reference)
    nnt, nnt_ci, nnt_note = _needed_to_treat(treated, reference, interval)
    ratio, ratio_ci, ratio_note = _risk_ratio(treated, reference)
    odds, odds_ci, odds_note = _odds_ratio(treated, reference)
    square_p, square_note = _chi_square(treated, reference)
    notes = tuple(note for note in (nnt_note, ratio_note, odds_note, square_note) if note)
    return TwoArms(
        treated,
        reference,
        risk_difference=difference,
        newcombe=interval,
        nnt=nnt,
        nnt_ci=nnt_ci,
        risk_ratio=ratio,
        risk_ratio_ci=ratio_ci,
        odds_ratio=odds,
        odds_ratio_ci=odds_ci,
        chi2_p=square_p,
        fisher_p=_fisher(treated, reference),
        notes=notes,
    )


Estimate = tuple[float | None, Interval | None, str]


def _nothing(treated: Proportion, reference: Proportion) -> TwoArms:
    empty = "treated" if not treated.n else "reference"
    note = f"comparison: not estimable, because nobody in the {empty} arm is evaluable"
    return TwoArms(treated, reference, *(None,) * 10, notes=(note,))


def _needed_to_treat(treated: Proportion, reference: Proportion, interval: Interval | None) -> Estimate:
    """Signed number needed to treat; across 0 its interval is two rays (Altman, BMJ 1998;317:1309-1312)."""
    low, high = interval or (0.0, 0.0)
    weight = treated.responders * reference.n - reference.responders * treated.n
    if weight == 0:
        return None, None, "NNT: not estimable, because both rates are the same"
    nnt = treated.n * reference.n / weight
    if low <= 0 <= high:
        return nnt, None, "NNT interval: not estimable, because the interval of the difference includes 0"
    return nnt, (1 / high, 1 / low), "" if nnt > 0 else "NNT: negative, the number needed to harm"


def _around(ratio: float, variance: float) -> Interval:
    half = float(ndtri(0.975)) * sqrt(variance)
    return exp(log(ratio) - half), exp(log(ratio) + half)


def _risk_ratio(treated: Proportion, reference: Proportion) -> Estimate:
    if not reference.responders:
        return None, None, "risk ratio: not estimable, because nobody responded in the reference arm"
    ratio = treated.responders * reference.n / (treated.n * reference.responders)
    if not treated.responders:
        return ratio, None, "risk ratio interval: not estimable, because nobody responded in the treated arm"
    if not treated.others and not reference.others:
        return ratio, None, "risk ratio interval: not estimable, because everybody responded"
    variance = 1 / treated.responders - 1 / treated.n + 1 / reference.responders - 1 / reference.n
    return ratio, _around(ratio, variance), ""


def _odds_ratio(treated: Proportion, reference: Proportion) -> Estimate:
    cells = (treated.responders, treated.others, reference.responders, reference.others)
    if 0 in cells:
        return None, None, "odds ratio: not estimable, because a cell of the two-by-two table is 0"
    ratio = cells[0] * cells[3] / (cells[1] * cells[2])
    return ratio, _around(ratio, sum(1 / cell for cell in cells)), ""


def _chi_square(treated: Proportion, reference: Proportion) -> tuple[float | None, str]:
    responders, others = treated.responders + reference.responders, treated.others + reference.others
    if not responders or not others:
        return None, "chi-square: not estimable, because all patients have the same outcome"
    cross = treated.responders * reference.others - treated.others * reference.responders
    square = (treated.n + reference.n) * cross**2 / (treated.n * reference.n * responders * others)
    return float(chdtrc(1, square)), ""


def _fisher(treated: Proportion, reference: Proportion) -> float:
    from scipy.stats import fisher_exact  # noqa: PLC0415  loaded by the first test: it takes longer than all the rest

    table = np.array([[treated.responders, treated.others], [reference.responders, reference.others]])
    return float(fisher_exact(table).pvalue)
