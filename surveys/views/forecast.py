"""What would go out on a day to come, to whom, and why not to the others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from flask import Blueprint, render_template, request
from wtforms import DateField, Form
from wtforms.validators import InputRequired

from surveys.db import db
from surveys.i18n import gettext as _
from surveys.outbox.forecast import Going, foresee
from surveys.outbox.kept_back import Kept, kept_back, without_visit
from surveys.people.patients import contact
from surveys.views import found
from surveys.views.guard import Reply, has_texts, staff_page
from surveys.views.seen import note_view

bp = Blueprint("forecast", __name__)
AHEAD = 3660  # days
DRAWN = 200  # lines of one section; more are counted


class DayForm(Form):
    """The day that is asked about."""

    on = DateField(validators=[InputRequired()])


@bp.get("/messages/preview")
@staff_page
def show() -> Reply:
    """Rehearse the day of the address, tomorrow where it names none."""
    now, clinic = found.now(), found.clinic()
    today = found.today(now)
    day = _wanted(today)
    limits = {"today": today, "last": today + timedelta(days=AHEAD), "zone": clinic.time_zone}
    if day is None:
        wrong = _("Choose a day from today to ten years ahead.")
        return render_template("clinician/forecast.html", wrong=wrong, day=None, **limits), 422
    going = foresee(db.session(), clinic, day, now=now)
    reached = {each.patient.id for each in going}
    kept = kept_back(db.session(), clinic, day, reached, now=now)
    sections = _sections(going, kept)
    note_view(each.patient.id for section in sections.values() for each in section[:DRAWN])
    others = without_visit(db.session(), clinic, reached | {each.patient.id for each in kept})
    names = lambda patient: contact(found.vault(), patient).first_name  # noqa: E731
    texts_wait = not has_texts() and any(each.channel == "sms" for each in going)
    more = {"drawn": DRAWN, "others": others, "names": names, "texts_wait": texts_wait}
    return render_template("clinician/forecast.html", wrong=None, day=day, sections=sections, **limits, **more)


def _wanted(today: date) -> date | None:
    """The day asked about, tomorrow where none is; None where it is no day or too far."""
    if "on" not in request.args:
        return today + timedelta(days=1)
    form = DayForm(request.args)
    if not form.validate() or form.on.data is None:
        return None
    day: date = form.on.data
    return day if today <= day <= today + timedelta(days=AHEAD) else None


def _sections(going: list[Going], kept: list[Kept]) -> dict[str, Sequence[Going | Kept]]:
    return {
        "messages": [each for each in going if each.channel != "staff"],
        "tasks": [each for each in going if each.channel == "staff"],
        "kept": kept,
    }
