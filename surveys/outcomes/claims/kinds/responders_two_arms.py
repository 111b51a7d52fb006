"""Responders in two arms: "67 % against 8 % reached the threshold at 12 months"."""

from __future__ import annotations

from scoring.imputed_responders import ImputedAnalysis
from scoring.missing import METHOD_WORDS, METHODS
from scoring.two_arms import Proportion, TwoArms, compare
from surveys.i18n import gettext as _
from surveys.outcomes.claims import words
from surveys.outcomes.claims.counts import rates_table
from surveys.outcomes.claims.found import RATE_COLUMNS, ClaimError, Found, Kind, Table, rate_cells
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.imputed import method_of, pooled_at, pooled_table, pooled_words
from surveys.outcomes.claims.judging import Judged, judged_at
from surveys.outcomes.claims.specification import ArmAt, Specification


def find(specification: Specification, frame: Frame) -> Found:
    """The rate in each arm, and each arm against the reference."""
    if len(specification.arms) < 2:
        raise ClaimError(_("The protocol has one arm only: there is nothing to compare. Choose responders over time."))
    found = judged_at(specification, frame, specification.point)
    shares = {arm.code: found.share(frame.arm == arm.code) for arm in specification.arms}
    pooled = pooled_at(specification, frame, specification.point)
    told = {code: words.rate(share) for code, share in shares.items()} | pooled_words(pooled)
    said = [f"{told[arm.code]} in the arm {arm.label}" for arm in specification.arms]
    rule = words.rule(specification.judged_by.rule)
    table, figures = rates_table(
        specification, frame, lambda point: judged_at(specification, frame, point), f"Patients who {rule}"
    )
    return Found(
        statement=f"At {specification.point.words}, {words.listed(said)} had {rule}.",
        method="Rates with Wilson intervals; differences with Newcombe's interval (method 10), not adjusted for "
        f"anything. Missing answers under five methods; an operation on the spine both ways.{method_of(pooled)}",
        tables=(table, *_compared(specification, shares, pooled), _sensitivity(specification, frame)),
        figures=figures,
    )


def _compared(
    specification: Specification, shares: dict[str, Proportion], pooled: ImputedAnalysis | None
) -> tuple[Table, ...]:
    observed = _comparisons(specification, shares)
    return (pooled_table(specification, {specification.timepoint: pooled}), observed) if pooled else (observed,)


def _comparisons(specification: Specification, shares: dict[str, Proportion]) -> Table:
    rows = []
    reference = next(arm for arm in specification.arms if arm.code == specification.reference)
    for arm in specification.treated:
        compared = compare(shares[arm.code], shares[reference.code])
        rows += [(f"{arm.label} minus {reference.label}", *row) for row in _measures(compared)]
    title = f"Arms against each other at {specification.point.words}; the arms were not randomised"
    return Table(title, ("comparison", "measure", "value", "95 % interval"), tuple(rows))


def _measures(found: TwoArms) -> list[tuple[str, str, str]]:
    difference = words.percent(found.risk_difference, 1)
    needed = words.DASH if found.nnt is None else words.decimal(found.nnt)
    rows = [
        ("risk difference", difference, words.span(found.newcombe, scale=100)),
        ("number needed to treat, were the difference caused by the treatment", needed, words.span(found.nnt_ci)),
        ("risk ratio", words.decimal(found.risk_ratio, 2), words.span(found.risk_ratio_ci, digits=2)),
        ("odds ratio", words.decimal(found.odds_ratio, 2), words.span(found.odds_ratio_ci, digits=2)),
        ("chi-square test, p", words.p_value(found.chi2_p), words.DASH),
        ("Fisher's exact test, p", words.p_value(found.fisher_p), words.DASH),
    ]
    return rows + [("note", note, words.DASH) for note in found.notes]


def _sensitivity(specification: Specification, frame: Frame) -> Table:
    """The headline under each missing-data method, and with an operation counted as no response."""
    point = specification.point
    found = {
        METHOD_WORDS[method]: judged_at(specification, frame, point, missing=method, failed_by_surgery=False)
        for method in METHODS
    }
    composite = judged_at(specification, frame, point, missing="complete_case", failed_by_surgery=True)
    found["complete cases, and an operation on the spine counts as no response"] = composite
    rows = [_row(name, arm, frame, judged) for name, judged in found.items() for arm in specification.arms]
    return Table(f"The same at {point.words} in other ways", ("method", "arm", *RATE_COLUMNS), tuple(rows))


def _row(name: str, arm: ArmAt, frame: Frame, found: Judged) -> tuple[str, ...]:
    return (name, arm.label, *rate_cells(found.share(frame.arm == arm.code)))


KIND = Kind(
    "responders_two_arms",
    "Responders in two arms",
    "a responder rate",
    frozenset({"rule", "timepoint"}),
    find,
    compares=True,
    imputes=True,
)
