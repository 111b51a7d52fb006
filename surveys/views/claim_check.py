"""A published sentence, taken apart: what it leaves out, what in it cannot be, and what to ask its author."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint, render_template, request

from scoring.claim_check import PARTS, Finding, Statement, check, parts_of, statement_of, understand
from scoring.claim_check.findings import SEVERITIES
from scoring.claim_check.reading import LONGEST
from scoring.claim_check.sentences import SENTENCES
from surveys.i18n import LazyText
from surveys.i18n import gettext as _
from surveys.views.guard import Reply, staff_page

bp = Blueprint("claim_check", __name__)
LABELS: Mapping[str, LazyText] = {
    "shares": LazyText("Percentages, with counts where given"),
    "sizes": LazyText("Group sizes"),
    "measures": LazyText("Measures"),
    "threshold": LazyText("Threshold"),
    "times": LazyText("Times"),
    "window": LazyText("Window around the time"),
    "arms": LazyText("What is compared"),
    "randomised": LazyText("Randomised: yes, no, or empty"),
    "interval": LazyText("95 % interval"),
    "missing": LazyText("What was done about missing answers"),
    "anchor": LazyText("Words of a global rating"),
}
EXAMPLES: Mapping[str, str] = {
    "shares": "67 % (26/39); 8 % (3/39)",
    "sizes": "40, 40",
    "measures": "ODI, NRS",
    "threshold": ">= 10 points",
    "times": "12 months",
    "window": "± 1 month",
    "interval": "51–79",
}
HEADINGS: Mapping[str, LazyText] = {
    "impossible": LazyText("Cannot be so"),
    "absent": LazyText("Is not said"),
    "note": LazyText("To know beside it"),
}
Line = tuple[str, str, str]  # what is the case, what to ask, the source


@bp.get("/claim-check")
@staff_page
def show() -> Reply:
    """Read a sentence, or the parts as a person corrected them."""
    text = " ".join(request.args.get("text", "").split())
    if not text:
        return render_template("clinician/claim_check.html", text="", longest=LONGEST)
    if len(text) > LONGEST:
        wrong = _("Give one sentence, of up to %(n)d letters.", n=LONGEST)
        return render_template("clinician/claim_check.html", text=text[:LONGEST], longest=LONGEST, wrong=wrong), 422
    statement = _statement(text)
    found = check(statement)
    groups = [(str(HEADINGS[each]), lines) for each in SEVERITIES if (lines := _lines(found, each))]
    shown = {"groups": groups, "parts": parts_of(statement), "labels": LABELS, "examples": EXAMPLES}
    copied = _copied(text, groups)
    return render_template("clinician/claim_check.html", text=text, longest=LONGEST, copied=copied, **shown)


def _statement(text: str) -> Statement:
    """As the parts say where they were sent for this sentence; a new sentence is read anew."""
    if request.args.get("of") == text and request.args.get("read") is None:
        return statement_of(text, {name: request.args.get(name, "") for name in PARTS})
    return understand(text)


def _lines(found: Sequence[Finding], severity: str) -> list[Line]:
    return [_line(finding) for finding in found if finding.severity == severity]


def _line(finding: Finding) -> Line:
    words = SENTENCES[finding.code]
    values = {"percent": "", **finding.values}  # without any value a doubled per cent sign would stay so
    return _(words.sentence, **values), _(words.question, **values), words.source


def _copied(text: str, groups: Sequence[tuple[str, Sequence[Line]]]) -> str:
    """The same as plain text, to send to the author."""
    parts = [f"“{text}”"]
    for heading, lines in groups:
        parts += ["", heading, *(f"– {sentence} {question}" for sentence, question, _source in lines)]
    return "\n".join(parts)
