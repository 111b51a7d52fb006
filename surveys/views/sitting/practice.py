"""One screen to try the buttons on, before the first question that a patient is ever asked; nothing of it is kept."""

from __future__ import annotations

from flask import request, url_for
from sqlalchemy import select

from surveys.answering.sitting import Sitting
from surveys.db import db
from surveys.i18n import LazyText
from surveys.i18n import gettext as _
from surveys.models import Episode, Response, Visit
from surveys.views.guard import Reply
from surveys.views.sitting.patient_page import open_sitting, page, patient_blueprint, resume_url, see

bp = patient_blueprint("practice")
DRINKS = {
    "1": LazyText("Tea"),
    "2": LazyText("Coffee"),
    "3": LazyText("Water"),
    "4": LazyText("Something else"),
}


@bp.get("/s/practice")
def show() -> Reply:
    """Show a harmless question with the rows and buttons of every other."""
    sitting, _browser = open_sitting()
    return _page(sitting)


@bp.post("/s/practice")
def tried() -> Reply:
    """Answer a blank as the questions do; whatever was chosen is forgotten."""
    sitting, _browser = open_sitting()
    left_out = request.form.get("action") == "decline"
    if left_out or request.form.get("answer") in DRINKS:
        return see(resume_url(sitting))
    return _page(sitting, _("Choose an answer, or say that you do not want to.")), 422


def first_url(sitting: Sitting) -> str:
    """Return the first screen: the practice where none of the patient's visits was ever answered, else a question."""
    theirs = select(Visit.id).join(Episode, Episode.id == Visit.episode_id)
    theirs = theirs.where(Episode.patient_id == sitting.patient_id)
    known = db.session.scalar(select(Response.id).where(Response.visit_id.in_(theirs)).limit(1))
    return resume_url(sitting) if known else url_for("practice.show")


def _page(sitting: Sitting, trouble: str | None = None) -> str:
    return page("patient/practice.html", sitting, drinks=DRINKS, trouble=trouble, skip=resume_url(sitting))
