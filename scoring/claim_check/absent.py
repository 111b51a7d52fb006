"""What a reader needs to judge a rate, and the statement does not say."""

import re
from collections.abc import Iterator

from scoring.claim_check.findings import ABSENT, NOTE, Finding
from scoring.claim_check.statement import Statement

LONG = 24  # months
COUNTED = re.compile(r"\bMC?ID\b|\bMIC\b|\bMCIC\b|respon[ds]|clinically (?:important|meaningful|significant)", re.I)
REDUCED = re.compile(r"(?:reduc\w+|decreas\w+|relief|improvement)", re.I)
HARMS = re.compile(r"adverse|complication|harm|safe", re.I)
ONE = re.compile(r"\bcase reports?\b|\bone patient\b|\ba patient\b|\b(?:this|the) patient\b|\bcases? of\b", re.I)


def absent(statement: Statement) -> Iterator[Finding]:
    """List it in the order in which a reader would ask."""
    yield from _who(statement)
    yield from _when(statement)
    yield from _from_where_on(statement)
    yield from _what(statement)
    yield from _against_whom(statement)
    if not statement.missing:
        yield Finding("no_missing", ABSENT)
    if not HARMS.search(statement.text):
        yield Finding("no_harms", NOTE)


def _who(statement: Statement) -> Iterator[Finding]:
    if ONE.search(statement.text):
        yield Finding("one_person", ABSENT)
    uncounted = [share for share in statement.shares if share.of is None]
    if uncounted and statement.sizes:
        yield Finding("no_counts", ABSENT, {"sizes": ", ".join(map(str, statement.sizes))})
    elif uncounted:
        yield Finding("no_denominator", ABSENT)
    if statement.shares and statement.interval is None:
        yield Finding("no_interval", ABSENT)
    if statement.changes and statement.interval is None:
        yield Finding("means_bare", ABSENT)


def _when(statement: Statement) -> Iterator[Finding]:
    if not statement.times:
        yield Finding("no_time", ABSENT)
        return
    last = max(statement.times, key=lambda time: time.months)
    if not statement.window:
        yield Finding("no_window", ABSENT, {"time": last.text})
    if last.months >= LONG:
        yield Finding("long_time", ABSENT, {"time": last.text})


def _from_where_on(statement: Statement) -> Iterator[Finding]:
    threshold, text = statement.threshold, statement.text
    if threshold and not threshold.operator:
        yield Finding("no_operator", ABSENT, {"threshold": threshold.text})
    if threshold is None and statement.shares and (COUNTED.search(text) or _of_change(statement)):
        yield Finding("no_threshold", ABSENT)
    if threshold is None and statement.shares and _of_change(statement):
        yield Finding("share_or_mean", ABSENT)


def _of_change(statement: Statement) -> bool:
    """Whether percentages speak of a change, so that they may be how many or how much."""
    return bool(REDUCED.search(statement.text))


def _what(statement: Statement) -> Iterator[Finding]:
    names = statement.measures
    if not names:
        yield Finding("no_measure", ABSENT)
    if "pain" in names:
        yield Finding("pain_unnamed", ABSENT)
    if "trajectory" in names:
        yield Finding("class_rule", ABSENT)
    if "surgery" in names:
        yield Finding("censoring", ABSENT)


def _against_whom(statement: Statement) -> Iterator[Finding]:
    if not statement.arms:
        yield Finding("no_comparison", ABSENT)
    elif statement.randomised is None:
        yield Finding("no_randomisation", ABSENT)
    elif statement.randomised is False:
        yield Finding("not_randomised", NOTE)
