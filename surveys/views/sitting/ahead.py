"""The items to come, for a page whose script shows them without asking again: in a tunnel the patient goes on."""

from __future__ import annotations

from dataclasses import replace

from flask import request
from markupsafe import Markup

from surveys.answering.answers import current_answers
from surveys.db import db
from surveys.views.guard import Reply
from surveys.views.sitting.item_page import filler_of, item_page
from surveys.views.sitting.patient_page import open_sitting, page, patient_blueprint

bp = patient_blueprint("ahead")


@bp.get("/s/ahead")
def show() -> Reply:
    """Draw every item behind the one numbered ``after``, each with its answer and a signed token of its own."""
    sitting, browser = open_sitting()
    whole = replace(sitting, answers=current_answers(db.session(), sitting.visit_id))
    after = request.args.get("after", 0, type=int)
    coming = [screen for screen in whole.screens if screen.number > after]
    drawn = (item_page(whole, filler_of(browser), screen, layout="patient/item_ahead.html") for screen in coming)
    return page("patient/ahead.html", whole, items=Markup("").join(map(Markup, drawn)))
