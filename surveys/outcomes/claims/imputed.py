"""Rates by multiple imputation, where the plan says so: pooled over data sets, the observed beside them."""

from __future__ import annotations

from collections.abc import Mapping

from scoring.imputed_responders import DATA_SETS, SEED, ImputedAnalysis, PooledRate, analyse_imputed
from scoring.responders import ArmScores
from scoring.types import BoolArray
from surveys.i18n import gettext as _
from surveys.outcomes.claims import words
from surveys.outcomes.claims.found import ClaimError, Table
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.judging import judged_at, scores
from surveys.outcomes.claims.specification import Point, Specification

MOST = 1000  # patients: above it the page would wait for ten seconds and more
IMPUTED_WORDS = (
    f"multiple imputation of scores within arm, chained equations with predictive mean matching, {DATA_SETS} data "
    f"sets, seed {SEED}; the rule is applied to each, and rates are pooled by Rubin's rules"
)
COLUMNS = ("timepoint", "arm", "n", "imputed", "rate", "95 % interval", "minus the reference", "95 % interval", "note")


def pooled_at(specification: Specification, frame: Frame, point: Point) -> ImputedAnalysis | None:
    """Return the pooled rates of the expected; None where the endpoint imputes nothing.

    Raises ClaimError for more patients than a page can wait for, ScoringError where an arm has too few scores.
    """
    endpoint = specification.judged_by
    if endpoint.missing != "multiple_imputation":
        return None
    if frame.size > MOST:
        raise ClaimError(_("Multiple imputation is for up to %(n)d patients here. Choose another method.", n=MOST))
    expected = judged_at(specification, frame, point).expected
    operated = frame.has(point.code, "operated")[expected]
    failed = operated if endpoint.strategy("surgery") == "composite" else None
    kept = _of(scores(specification, frame, point), expected)
    reference = specification.reference if specification.reference in kept.arms else kept.arms[0]
    return analyse_imputed(kept, endpoint.rule, reference, DATA_SETS, SEED, failed)


def _of(everyone: ArmScores, chosen: BoolArray) -> ArmScores:
    return ArmScores(
        everyone.arm[chosen], everyone.baseline[chosen], everyone.follow_up[chosen], everyone.between[chosen]
    )


def pooled_words(found: ImputedAnalysis | None) -> dict[str, str]:
    """Each arm's rate as it is printed: 68 % (95 % interval 52 to 80 %, n = 40, of whom 1 imputed)."""
    return {code: _words(rate) for code, rate in found.arms.items()} if found else {}


def _words(rate: PooledRate) -> str:
    limits = f"95 % interval {words.span(rate.interval, scale=100, digits=0)} %, " if rate.interval else ""
    return f"{words.percent(rate.rate)} ({limits}n = {rate.n}, {rate.imputed} imputed)"


def method_of(found: ImputedAnalysis | None) -> str:
    """A sentence for the methods; empty where nothing is imputed."""
    told = "The statement's rates are pooled over imputed data sets; k of n in the tables is what was observed."
    return f" {told}" if found else ""


def pooled_table(specification: Specification, found: Mapping[str, ImputedAnalysis]) -> Table:
    """Pooled rates by timepoint and arm, with the difference from the reference where there is one."""
    rows = []
    for point in (each for each in specification.follow_ups if each.code in found):
        analysis = found[point.code]
        for arm in (each for each in specification.arms if each.code in analysis.arms):
            rate, other = analysis.arms[arm.code], analysis.comparisons.get(arm.code)
            own = (str(rate.n), str(rate.imputed), words.percent(rate.rate, 1), words.span(rate.interval, scale=100))
            apart = (other.risk_difference, other.interval) if other else (None, None)
            against = (words.percent(apart[0], 1), words.span(apart[1], scale=100))
            rows.append((point.words, arm.label, *own, *against, rate.note))
    return Table("Pooled over imputed data sets", COLUMNS, tuple(rows))
