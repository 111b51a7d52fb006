"""All checks of a statement, the gravest findings first."""

from collections.abc import Callable, Iterator

from scoring.claim_check.absent import absent
from scoring.claim_check.figures import figures
from scoring.claim_check.findings import SEVERITIES, Finding
from scoring.claim_check.naming import naming
from scoring.claim_check.statement import Statement

CHECKS: tuple[Callable[[Statement], Iterator[Finding]], ...] = (figures, naming, absent)


def check(statement: Statement) -> list[Finding]:
    """Return what is impossible, absent or worth a note, each once."""
    found: list[Finding] = []
    for each in (finding for checked in CHECKS for finding in checked(statement)):
        if each not in found:
            found.append(each)
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))
