"""The page on accessibility: what was tested on patients' screens and how, what can be hard, whom to phone."""

from __future__ import annotations

from flask import render_template, request

from surveys.i18n import LANGUAGES, speak_as_asked
from surveys.views.guard import Reply
from surveys.views.sitting.patient_page import load_sitting, patient_blueprint

bp = patient_blueprint("accessibility")


@bp.get("/accessibility")
def show() -> Reply:
    """Show it in the language asked for, with the telephone of the clinic whose questionnaire this browser has open."""
    known = load_sitting(touch=False)
    clinic = known[0].clinic if known and known[0].state != "over" else None
    if known is None or request.args.get("language"):
        speak_as_asked()
    return render_template("patient/accessibility.html", clinic=clinic, languages=LANGUAGES, switch="links")
