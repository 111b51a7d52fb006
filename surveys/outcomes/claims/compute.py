"""From frozen rows to a result: a pure function, so that anyone can work a claim out again."""

from __future__ import annotations

from scoring.errors import ScoringError
from surveys.i18n import gettext as _
from surveys.outcomes.claims import paragraphs
from surveys.outcomes.claims.counts import completeness
from surveys.outcomes.claims.found import ClaimError, Found, Kind
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.harms import harms_line
from surveys.outcomes.claims.kinds import KINDS
from surveys.outcomes.claims.specification import Specification, read_specification
from surveys.outcomes.claims.words import DASH, decimal
from surveys.outcomes.plans.canonical import dumps


def compute(specification: str, rows: str) -> str:
    """Return the result as canonical JSON.

    Raises ClaimError where nothing can be said: nobody in the choice, or a kind that the rows cannot carry.
    """
    read, frame = read_specification(specification), Frame.read(rows)
    if not frame.size:
        raise ClaimError(_("Nobody is in this choice of patients. Widen it, or choose another protocol."))
    kind = KINDS[read.kind]
    try:
        found = kind.find(read, frame)
    except ScoringError as problem:
        raise ClaimError(str(problem)) from problem
    return dumps(_result(read, frame, kind, found))


def _result(specification: Specification, frame: Frame, kind: Kind, found: Found) -> dict[str, object]:
    complete = completeness(specification, frame, specification.scales[0][0])
    harms = harms_line(specification, frame)
    of_arms = {code: DASH if share is None else decimal(100 * share) for code, share in complete.items()}
    return {
        "kind": kind.code,
        "statement": found.statement,
        "planned": specification.planned,
        "banner": paragraphs.banner(specification, complete),
        "not_randomised": paragraphs.not_randomised(specification),
        "completeness": of_arms,
        "patients": {arm.code: int((frame.arm == arm.code).sum()) for arm in specification.arms},
        "harms": harms,
        "notes": list(found.notes),
        "figures": [figure.kept() for figure in found.figures],
        "tables": [{"title": each.title, "columns": each.columns, "rows": each.rows} for each in found.tables],
        "methods": paragraphs.methods(specification, kind, found),
        "items": paragraphs.items(specification, kind, found),
        "results": paragraphs.results(specification, found, complete, harms),
    }
