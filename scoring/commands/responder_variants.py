"""The question asked another way: as a mean, imputed, after surgery, under other thresholds."""

import argparse
from dataclasses import asdict
from decimal import Decimal

from scoring.change import signed_change
from scoring.commands.frame import Columns, Section
from scoring.commands.responder_question import Answer, Question, yes_or_no
from scoring.commands.responder_report import arm_document, comparison_document
from scoring.effect import mean_difference, percent_improvement
from scoring.errors import ModelError, ScoringError
from scoring.events import EventRecord, composite
from scoring.imputed_responders import analyse_imputed
from scoring.instrument import find_scale
from scoring.means import mean_interval
from scoring.presets import presets
from scoring.responders import proportion
from scoring.sensitivity import amounts_up_to, preset_table, threshold_curve
from scoring.two_arms import compare


def mean_change(_: argparse.Namespace, __: Columns, question: Question) -> Answer:
    """Compare the mean change of each arm with that of the reference."""
    scores = question.scores
    scale = find_scale(question.rule.scale)
    change = signed_change(scale, scores.baseline, scores.follow_up)
    own = {arm: mean_interval(change[scores.arm == arm]) for arm in scores.arms}
    found = {
        arm: mean_difference(change[scores.arm == arm], change[scores.arm == question.reference])
        for arm in question.others
    }
    rows: list[dict[str, object]] = [
        {"arm": arm} | asdict(each) | _per_cent(question, arm) for arm, each in own.items()
    ]
    names = ("difference", "interval", "df", "p", "hedges_g", "hedges_interval")
    compared = [{"arm": arm} | {name: getattr(each, name) for name in names} for arm, each in found.items()]
    sections = [
        Section("Mean change, positive is better", rows, [PER_CENT] if scale.minimum >= 0 else []),
        Section(
            f"Difference of mean change against {question.reference} (Welch)",
            compared,
            [f"{arm}: {each.note}." for arm, each in found.items() if each.note],
        ),
    ]
    return {"mean_change": {"arms": {row["arm"]: row for row in rows}, "comparisons": found}}, sections


PER_CENT = (
    "Per cent of baseline: mean_of_ratios averages each patient's own (baseline above 0), ratio_of_means is mean "
    "change over mean baseline. Those operated on are in all of these."
)


def _per_cent(question: Question, arm: str) -> dict[str, object]:
    """Both per cents of one arm; none on a scale that can be negative."""
    scale, own = find_scale(question.rule.scale), question.scores.arm == arm
    if scale.minimum < 0:
        return {}
    found = percent_improvement(scale, question.scores.baseline[own], question.scores.follow_up[own])
    return {"mean_of_ratios": found.mean_of_ratios, "ratio_of_means": found.ratio_of_means}


def imputed(options: argparse.Namespace, _: Columns, question: Question) -> Answer:
    """Impute, judge and pool; where an arm has too few scores for that, say so beside the other figures."""
    if options.seed is None:
        raise ScoringError("Imputation draws at random: name a seed, --seed 1, so that it can be repeated.")
    try:
        found = analyse_imputed(question.scores, question.rule, question.reference, options.impute, options.seed)
    except ModelError as error:
        return {"multiple_imputation": {"note": str(error)}}, [Section("Multiple imputation", [], [str(error)])]
    arms = [{"arm": arm} | asdict(each) for arm, each in found.arms.items()]
    compared = [{"arm": arm} | asdict(each) for arm, each in found.comparisons.items()]
    note = f"{found.imputations} data sets, seed {found.seed}; scores imputed within arm by predictive mean matching."
    against = Section(f"Multiple imputation against {question.reference} (Rubin)", compared)
    return {"multiple_imputation": asdict(found)}, [Section("Multiple imputation", arms, [note]), against]


def surgery(options: argparse.Namespace, columns: Columns, question: Question) -> Answer:
    """Composite and treatment policy side by side, on complete cases."""
    record = EventRecord({"surgery": yes_or_no(columns, options.surgery)}, question.scores.baseline)
    policy = question.judged()
    failed = composite(policy, record.happened["surgery"] == 1, worsening=question.rule.worsening)
    document: dict[str, object] = {}
    rows: list[dict[str, object]] = []
    for strategy, result in (("composite", failed), ("treatment_policy", policy)):
        arms = {arm: proportion(result, question.scores.arm == arm) for arm in question.scores.arms}
        compared = {arm: compare(arms[arm], arms[question.reference]) for arm in question.others}
        document[strategy] = {
            "arms": {arm: arm_document(own) for arm, own in arms.items()},
            "comparisons": {arm: comparison_document(each) for arm, each in compared.items()},
        }
        rows += [{"strategy": strategy, "arm": arm} | arm_document(own) for arm, own in arms.items()]
    unknown = int(record.not_asked("surgery").sum())
    note = f"Composite: an operation counts as failure. Treatment policy: answers count. Not asked: {unknown} patients."
    return {"surgery": document | {"not_asked": unknown}}, [Section("After surgery, complete cases", rows, [note])]


def sensitivity(_: argparse.Namespace, __: Columns, question: Question) -> Answer:
    """Judge by every published threshold, and by a threshold that rises."""
    rows = [row for arm in question.scores.arms for row in _under_presets(question, arm)]
    curve = [row for arm in question.scores.arms for row in _over_thresholds(question, arm)]
    none = [] if rows else [f"No threshold is published for {question.rule.scale}."]
    room = "Who has no room for an amount is not evaluable at it: n falls, and the rate may rise. Limits are pointwise."
    sections = [
        Section("Under every published threshold", rows, none),
        Section("Rate as the threshold rises", curve, [room]),
    ]
    return {"presets": rows, "thresholds": curve}, sections


def _under_presets(question: Question, arm: str) -> list[dict[str, object]]:
    own = question.scores.arm == arm
    baseline, follow_up = question.scores.baseline[own], question.scores.follow_up[own]
    if not presets(question.rule.scale, question.rule.value_set):
        return []
    rows = preset_table(question.rule.scale, baseline, follow_up, question.rule.value_set)
    return [
        {"arm": arm, "rule": row.preset.rule.text}
        | arm_document(row.proportion)
        | {"source": row.preset.threshold.source}
        for row in rows
    ]


def _over_thresholds(question: Question, arm: str) -> list[dict[str, object]]:
    """Twenty amounts up to half the scale; no rate where nobody is evaluable."""
    scale, own = find_scale(question.rule.scale), question.scores.arm == arm
    half = Decimal(repr(scale.maximum - scale.minimum)) / 2
    amounts = amounts_up_to(scale.code, half, half / 20)
    baseline, follow_up = question.scores.baseline[own], question.scores.follow_up[own]
    curve = threshold_curve(scale.code, baseline, follow_up, amounts, question.rule.value_set)
    points = zip(curve.amount, curve.n, curve.rate, zip(curve.low, curve.high, strict=True), strict=True)
    return [
        {"arm": arm, "threshold": amount, "n": int(n), "rate": rate if n else None, "wilson": limits if n else None}
        for amount, n, rate, limits in points
    ]
