"""What response goes along with: odds ratios of arm, age, sex, body mass index and opioid use."""

from __future__ import annotations

from scoring.covariates import AdjustedAnalysis, Covariates, Term, adjusted_analysis
from surveys.outcomes.claims import words
from surveys.outcomes.claims.counts import rates_table
from surveys.outcomes.claims.found import Found, Kind, Table
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.judging import judged_at
from surveys.outcomes.claims.specification import Specification

COVARIATES = ("age", "sex", "bmi", "opioid_use")
NAMES = {"age": "age", "sex": "sex", "bmi": "body mass index", "opioid_use": "opioid use at enrolment"}
TERMS = {
    "age": "each year of age",
    "bmi": "each unit of body mass index",
    "sex male": "men against women",
    "opioid_use yes": "opioid use at enrolment",
}


def find(specification: Specification, frame: Frame) -> Found:
    """Logistic regression of response on the arm alone and on the arm with the covariates."""
    found = judged_at(specification, frame, specification.point)
    covariates: Covariates = {
        "age": frame.number("age"),
        "sex": frame.text("sex"),
        "bmi": frame.number("bmi"),
        "opioid_use": frame.text("opioid_use"),
    }
    result = adjusted_analysis(found.evaluable, found.responded, frame.arm, specification.reference, covariates)
    rule = words.rule(specification.judged_by.rule)
    table, figures = rates_table(
        specification, frame, lambda point: judged_at(specification, frame, point), f"Patients who {rule}"
    )
    return Found(
        statement=f"Whether patients had {rule} at {specification.point.words}: {_said(specification, result)}.",
        method="Logistic regression on those who can be judged and have every covariate; Wald intervals, and "
        "likelihood-ratio tests of whether the arm's odds ratio differs along a covariate. Associations only. An "
        "adjusted odds ratio may differ from the unadjusted one without any confounding.",
        tables=(table, _terms(specification, result), _interactions(result)),
        figures=figures,
    )


def _named(specification: Specification, term: str) -> str:
    """A term of the model in words; an arm against the reference."""
    labels = {arm.code: arm.label for arm in specification.arms}
    treated = labels.get(term.removeprefix("arm "))
    return f"the arm {treated} against {labels[specification.reference]}" if treated else TERMS.get(term, term)


def _said(specification: Specification, result: AdjustedAnalysis) -> str:
    counted = f"{result.responders} of {result.n} patients with every covariate, {result.left_out} left out"
    if result.note:
        return f"the model cannot be estimated ({counted}): {result.note.rstrip('.')}"
    said = [f"odds ratio {_odds(term)} for {_named(specification, term.name)}" for term in result.adjusted]
    return f"{words.listed(said)}, each adjusted for the others ({counted})"


def _odds(term: Term) -> str:
    return f"{words.decimal(term.odds_ratio, 2)} (95 % interval {words.span(term.interval, digits=2)})"


def _terms(specification: Specification, result: AdjustedAnalysis) -> Table:
    models = (("arm alone", result.unadjusted), ("arm with covariates", result.adjusted))
    rows = [
        (
            model,
            _named(specification, term.name),
            words.decimal(term.odds_ratio, 2),
            words.span(term.interval, digits=2),
            words.p_value(term.p),
        )
        for model, terms in models
        for term in terms
    ]
    return Table("Odds ratios of response", ("model", "term", "odds ratio", "95 % interval", "p"), tuple(rows))


def _interactions(result: AdjustedAnalysis) -> Table:
    rows = [(NAMES[each.covariate], str(each.df), words.p_value(each.p), each.note) for each in result.interactions]
    return Table("Does the arm's odds ratio differ along a covariate", ("covariate", "df", "p", "note"), tuple(rows))


KIND = Kind(
    "covariate_effects",
    "What response goes along with",
    "the odds of response",
    frozenset({"rule", "timepoint"}),
    find,
    facts=COVARIATES,
    compares=True,
)
