"""From frozen rows to a result: a pure function, so that anyone can work a claim out again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scoring.errors import ScoringError
from surveys.i18n import gettext as _
from surveys.outcomes.claims import paragraphs
from surveys.outcomes.claims.counts import completeness
from surveys.outcomes.claims.found import ClaimError, Found, Kind
from surveys.outcomes.claims.frame import Frame
from surveys.outcomes.claims.harms import harms_line
from surveys.outcomes.claims.kinds import KINDS
from surveys.outcomes.claims.specification import DOSE, Specification, read_specification
from surveys.outcomes.claims.words import DASH, decimal
from surveys.outcomes.plans.canonical import dumps


def compute(specification: str, rows: str) -> str:
    """Return the result as canonical JSON.

    Raises ClaimError where nothing can be said: nobody in the choice, or a kind that the rows cannot carry.
    """
    read, frame = read_specification(specification), Frame.read(rows)
    if not frame.size:
        raise ClaimError(_nobody(read))
    kind = KINDS[read.kind]
    try:
        found = kind.find(read, frame)
    except ScoringError as problem:
        raise ClaimError(str(problem)) from problem
    if kind.at_timepoint and not _anybody(read, frame, found):
        raise ClaimError(_("Nobody can be judged at %(when)s, so nothing can be said of it.", when=read.point.words))
    return dumps(_result(read, frame, kind, _framed(read, frame, found)))


def _nobody(specification: Specification) -> str:
    if specification.permitted and any(n for _arm, n in specification.enrolled):
        return _(
            "None of these patients allows public figures, so nobody can be counted. Where a patient agrees, record "
            "“Public figures” on the patient's page; or make the statement for use inside the clinic."
        )
    return _("Nobody is in this choice of patients. Widen it, or choose another protocol.")


def _anybody(specification: Specification, frame: Frame, found: Found) -> bool:
    """Whether a figure counts anybody at the statement's timepoint; where there are means, whether there is a score."""
    at = specification.timepoint
    if any(figure.share.n for figure in found.figures if figure.timepoint == at):
        return True
    scales = [code for code, _value_set in specification.scales if not found.figures or code == DOSE]
    return any(bool(np.isfinite(frame.value(at, code)).any()) for code in scales)


def _framed(specification: Specification, frame: Frame, found: Found) -> Found:
    """With whom it is of in its own sentence, so that no copy of it speaks of everybody."""
    only = f"Only these patients: {specification.limits}. " if specification.limits else ""
    allowed = paragraphs.permission(specification, {arm.code: _size(frame, arm.code) for arm in specification.arms})
    return replace(found, statement=f"{only}{found.statement}", notes=(*found.notes, *allowed))


def _size(frame: Frame, arm: str) -> int:
    return int((frame.arm == arm).sum())


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
        "arms": {arm.code: arm.label for arm in specification.arms},
        "completeness": of_arms,
        "patients": {arm.code: _size(frame, arm.code) for arm in specification.arms},
        "harms": harms,
        "notes": list(found.notes),
        "figures": [figure.kept() for figure in found.figures],
        "tables": [{"title": each.title, "columns": each.columns, "rows": each.rows} for each in found.tables],
        "methods": paragraphs.methods(specification, kind, found),
        "items": paragraphs.items(specification, kind, found),
        "results": paragraphs.results(specification, found, complete, harms),
    }
