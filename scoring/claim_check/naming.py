"""Measures called by another's name, relabelled levels, and words that say more than was measured."""

import re
from collections.abc import Iterator

from scoring.claim_check.findings import ABSENT, IMPOSSIBLE, NOTE, Finding
from scoring.claim_check.measures import LEVELS, is_level
from scoring.claim_check.statement import Statement

PAIN_POINTS = 10  # the numeric rating ends here; a line is measured in up to 100 mm
TWO_POINTS = 2
OF_PAIN = re.compile(
    r"pain (?:reduction|relief|score|improve\w+)|(?:reduc\w+|less|improve\w+|relie\w+) (?:of |in )?pain", re.I
)
BEYOND = re.compile(
    r"\b(?:cur(?:ed?|es|ing)|heal(?:ed|s|ing)?|regenerat\w+|regrow\w*|revers\w+|repair\w*|pain[- ]free)\b", re.I
)
CAUSAL = re.compile(
    r"\b(?:thanks to|due to|because of|caused?|leads? to|led to|works?|proven|effective\w*|efficacy)\b", re.I
)


def naming(statement: Statement) -> Iterator[Finding]:
    """Compare the names in a statement with what the measures are."""
    yield from _pain(statement)
    yield from _anchor(statement)
    yield from _floor(statement)
    yield from _words(statement)
    if "functionality" in statement.measures:
        yield Finding("unvalidated", NOTE)
    if "stated_improvement" in statement.measures:
        yield Finding("stated_improvement", ABSENT)


def _pain(statement: Statement) -> Iterator[Finding]:
    names, threshold = set(statement.measures), statement.threshold
    if {"vas", "nrs"} <= names:
        yield Finding("two_pain_names", IMPOSSIBLE)
    elif "vas" in names and threshold and not threshold.percent and threshold.value <= PAIN_POINTS:
        yield Finding("vas_for_nrs", IMPOSSIBLE)
    if "odi" in names and not names & {"nrs", "vas"} and any(map(_called_pain, statement.text.split(";"))):
        yield Finding("disability_for_pain", IMPOSSIBLE)


def _called_pain(clause: str) -> bool:
    """Whether one clause gives a result of pain by the disability index."""
    return bool(OF_PAIN.search(clause) and re.search(r"\bODI\b|oswestry", clause, re.IGNORECASE))


def _anchor(statement: Statement) -> Iterator[Finding]:
    words = statement.anchor.strip()
    first = re.split(r"\bor\b|,|/", words)[0].strip().lower()
    if words and first not in LEVELS:
        yield Finding("anchor_relabelled", IMPOSSIBLE, {"anchor": words})
    if words and (first != words.lower() or not is_level(words)):
        yield Finding("anchor_merged", ABSENT, {"anchor": words})


def _floor(statement: Statement) -> Iterator[Finding]:
    """Only where pain is named: the first two values of a case report's chain are pain at rest and in activity."""
    if not {"pain", "nrs"} & set(statement.measures):
        return
    for low in (value for change in statement.changes for value in change.before[:2] if value < TWO_POINTS):
        yield Finding("floor", NOTE, {"value": str(low)})


def _words(statement: Statement) -> Iterator[Finding]:
    if found := BEYOND.search(statement.text):
        yield Finding("beyond_measure", NOTE, {"word": found[0]})
    if statement.randomised is not True and (found := CAUSAL.search(statement.text)):
        yield Finding("causal", NOTE, {"word": found[0]})
