"""The methods and results paragraphs, with the items that CONSORT-PRO asks of patient-reported outcomes."""

from __future__ import annotations

from collections.abc import Mapping

from scoring.endpoint import POPULATIONS
from scoring.instrument import find_scale
from scoring.missing import METHOD_WORDS
from surveys.outcomes.claims import words
from surveys.outcomes.claims.found import Found, Kind
from surveys.outcomes.claims.imputed import IMPUTED_WORDS
from surveys.outcomes.claims.specification import DOSE, GOAL, LOW_COMPLETENESS, Specification

GOAL_WORDS = "The patient's own goal, rated 0 to 10"
STRATEGY = {
    "treatment_policy": "answers count whatever happened before them",
    "composite": "an operation on the spine counts as no response",
    "while_on_treatment": "answers count up to the event",
}

STANDING = {
    "withdrawn": "withdrawn: do not use it",
    "stale": "stale: answers changed since it was made",
    "expired": "expired: older than twelve months",
    "unsigned": "signed by nobody yet",
    "half_signed": "signed by one of two people",
    "signed": "signed by two people",
}


def measures(specification: Specification) -> str:
    """The scales by their names; an index with its value set."""
    return words.listed([_named(*scale) for scale in specification.scales])


def _named(code: str, value_set: str | None) -> str:
    if code == GOAL:
        return GOAL_WORDS
    if code == DOSE:
        return f"opioid dose as staff recorded it, in morphine milligram equivalents (MME) a day, factors {value_set}"
    return find_scale(code).label + (f" (value set {value_set})" if value_set else "")


def banner(specification: Specification, complete: Mapping[str, float | None]) -> str:
    """A warning where fewer than 60 % of the expected answered in some arm; empty otherwise."""
    low = [
        f"{words.percent(complete[arm.code])} in the arm {arm.label}"
        for arm in specification.arms
        if (share := complete.get(arm.code)) is not None and share < LOW_COMPLETENESS
    ]
    if not low:
        return ""
    return f"Few answered at {specification.point.words}: {words.listed(low)}. Those who did may be unlike the others."


def not_randomised(specification: Specification) -> str:
    """Every protocol here follows patients in arms that nobody drew."""
    return "The arms were not randomised." if len(specification.arms) > 1 else "There was no comparison group."


def permission(specification: Specification, counted: Mapping[str, int]) -> list[str]:
    """How many of each arm allow public figures, where only those are counted."""
    of = dict(specification.enrolled)
    said = [
        f"{counted[arm.code]} of {of[arm.code]} enrolled in the arm {arm.label}"
        for arm in specification.arms
        if of.get(arm.code)
    ]
    return [f"Only patients who allow public figures are counted: {words.listed(said)}."] if said else []


def items(specification: Specification, kind: Kind, found: Found) -> dict[str, str]:
    """CONSORT-PRO, item by item."""
    point, arms = specification.point, not_randomised(specification)
    return {
        "P1b": f"The outcome is {kind.domain} ({measures(specification)}); it is {specification.planned}.",
        "P2b": f"Read at {point.words}: {point.window}. {_hypothesis(specification)}",
        "P6a": f"Measured by {measures(specification)}. Answered on a phone, the clinic's tablet, by interview or on "
        "paper; answers given for the patient are left out.",
        "P12a": f"{_missing(specification)} {found.method}",
        "P20/21": f"{arms} Answers are the patients' own and were not blinded. They speak of patients of one clinic "
        f"who were enrolled under this protocol: {specification.cohort_words}.",
    }


def _hypothesis(specification: Specification) -> str:
    if specification.planned.startswith("as planned"):
        return "Outcome, domain and timepoint were written down in the analysis plan before any result was in."
    if specification.planned != "post hoc":
        return "The plan was written once results were in: the statement describes and tests nothing."
    return "No plan fixed outcome, domain and timepoint beforehand: the statement describes and tests nothing."


def _missing(specification: Specification) -> str:
    if specification.endpoint is None:
        return "Missing answers are left out and counted."
    endpoint = specification.judged_by
    method = IMPUTED_WORDS if endpoint.missing == "multiple_imputation" else METHOD_WORDS[endpoint.missing]
    surgery = STRATEGY[endpoint.strategy("surgery")]
    counted = f"Patients counted: {POPULATIONS[endpoint.population]}."
    return f"Missing answers: {method}. After an operation: {surgery}. {counted}"


def methods(specification: Specification, kind: Kind, found: Found) -> str:
    """The methods as one paragraph."""
    written = items(specification, kind, found)
    start = f"Patients: {specification.cohort_words}; data as of {specification.as_of[:10]}."
    return " ".join([start, *(f"({name}) {text}" for name, text in written.items())])


def results(specification: Specification, found: Found, complete: Mapping[str, float | None], harms: str) -> str:
    """The results as one paragraph, in words that claim no cause."""
    answered = [
        f"{words.percent(complete.get(arm.code))} of those expected in the arm {arm.label}"
        for arm in specification.arms
    ]
    said = f"Answered in the window at {specification.point.words}: {words.listed(answered)}."
    careful = "What differs between patients may go along with other things than the treatment."
    return " ".join([found.statement, said, harms, not_randomised(specification), careful, *found.notes])


def plain_text(number: int, result: Mapping[str, str], state: str, result_hash: str) -> str:
    """The two paragraphs as a file of text, with how the claim stands, so that no copy of it hides what it was."""
    stands = f"Statement {number}, {STANDING[state]}. SHA-256 of the result: {result_hash}"
    parts = ("Results", result["results"], "Methods", result["methods"], stands)
    return "\n\n".join((result["banner"], *parts) if result["banner"] else parts) + "\n"
