"""Response with what patients brought along: covariates, subgroups, dose."""

import argparse
from dataclasses import asdict

from scoring.commands.frame import Columns, Section
from scoring.commands.responder_question import Answer, Question, split_cuts
from scoring.commands.responder_report import arm_document
from scoring.covariates import Covariates, adjusted_analysis
from scoring.dose_response import dose_response
from scoring.subgroups import EXPLORATORY, banded, subgroup_table
from scoring.two_arms import TwoArms
from scoring.types import TextArray


def adjusted(options: argparse.Namespace, columns: Columns, question: Question) -> Answer:
    """Adjust the odds ratio of the arm for covariates and factors, and test each against the arm."""
    covariates: Covariates = {
        **{name: columns.numbers[name] for name in options.covariate},
        **{name: columns.texts[name] for name in options.factor},
    }
    found = adjusted_analysis(*question.answers(), question.scores.arm, question.reference, covariates)
    terms = [("unadjusted", each) for each in found.unadjusted] + [("adjusted", each) for each in found.adjusted]
    rows = [{"model": model} | asdict(term) for model, term in terms]
    counts = f"n = {found.n}, responders {found.responders}; left out for a missing covariate: {found.left_out}."
    tests = [{"arm by": each.covariate, "df": each.df, "p": each.p, "note": each.note} for each in found.interactions]
    sections = [Section("Odds ratios of response, complete cases", rows, [f"{counts} {found.note}".strip()])]
    return {"adjusted": asdict(found)}, [*sections, Section("Interaction with the arm", tests)] if tests else sections


def subgroups(options: argparse.Namespace, columns: Columns, question: Question) -> Answer:
    """Compare each arm with the reference inside every level of every variable."""
    document: dict[str, object] = {}
    rows: list[dict[str, object]] = []
    notes: list[str] = []
    for name, cuts in map(split_cuts, options.subgroup):
        level: TextArray = banded(columns.numbers[name], cuts) if cuts else columns.texts[name]
        for arm in question.others:
            found = subgroup_table(name, level, question.scores.arm, arm, question.reference, *question.answers())
            document[f"{name}, {arm}"] = asdict(found)
            start = {"subgroup": name, "arm": arm}
            rows += [start | {"level": row.level} | _row(row.comparison) for row in found.rows]
            p = found.interaction.note if found.interaction.p is None else f"p = {found.interaction.p:.3g}"
            notes.append(f"{name}, {arm}: interaction {p}; level unknown: {found.unknown}.")
            notes += [f"{name} {row.level}, {arm}: {note}." for row in found.rows for note in row.comparison.notes]
    return {"subgroups": document}, [Section("Subgroups, complete cases", rows, [*notes, EXPLORATORY])]


def _row(compared: TwoArms) -> dict[str, object]:
    """Counts of two arms with the difference and the odds ratio."""
    return {
        "treated": f"{compared.treated.responders}/{compared.treated.n}",
        "reference": f"{compared.reference.responders}/{compared.reference.n}",
        "risk_difference": compared.risk_difference,
        "newcombe": compared.newcombe,
        "odds_ratio": compared.odds_ratio,
        "odds_ratio_ci": compared.odds_ratio_ci,
    }


def dose(options: argparse.Namespace, columns: Columns, question: Question) -> Answer:
    """Rates by dose with their trend."""
    found = dose_response(columns.numbers[options.dose], *question.answers())
    rows = [
        {"from": group.low, "to": group.high, "median": group.median} | arm_document(group.proportion)
        for group in found.groups
    ]
    notes = [f"n = {found.n}; dose unknown: {found.unknown_dose}.", *(f"{note}." for note in found.notes)]
    tests: dict[str, object] = {"trend_z": found.trend_z, "trend_p": found.trend_p, "odds_ratio": None, "ci": None}
    if found.per_unit:
        tests |= {"odds_ratio": found.per_unit.odds_ratio, "ci": found.per_unit.interval}
    return {"dose_response": asdict(found)}, [
        Section("Response by dose", rows, notes),
        Section("Trend over dose (Cochran-Armitage) and odds ratio per unit", [tests]),
    ]
