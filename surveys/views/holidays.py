"""The days on which a clinic sends nothing to patients, kept by its admins on the settings page."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, flash, redirect, request, url_for
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from wtforms import DateField, Form
from wtforms.validators import InputRequired

from surveys.access.chain.audit import record
from surveys.db import db, uuid7
from surveys.enrolment.fields import text_field
from surveys.i18n import gettext as _
from surveys.models import ClinicHoliday
from surveys.views import found
from surveys.views.guard import Reply, identity, staff_page
from surveys.views.settings import settings_page

bp = Blueprint("holidays", __name__)
AHEAD = timedelta(days=3660)


class HolidayForm(Form):
    """A day and what it is called."""

    on_date = DateField(validators=[InputRequired(_("Fill this in."))])
    name = text_field(60, required=True)


class DayForm(Form):
    """A day of the list."""

    on_date = DateField(validators=[InputRequired()])


@bp.post("/settings/holidays")
@staff_page
def add() -> Reply:
    """Add a day; one that stands there already, or is over, is refused."""
    typed = HolidayForm(request.form)
    if not typed.validate():
        return settings_page(holiday=typed), 422
    day, name = typed.on_date.data or date.max, typed.name.data or ""
    if problem := _problem(day) or _put(day, name):
        typed.on_date.errors = [problem]
        return settings_page(holiday=typed), 422
    _note(day, None, name)
    db.session.commit()
    flash(_("No messages will go on that day."), "good")
    return redirect(url_for("settings.form", _anchor="days"), 303)


@bp.post("/settings/holidays/remove")
@staff_page
def remove() -> Reply:
    """Take a day off the list; what waits because of it goes at its new time."""
    typed = DayForm(request.form)
    if not typed.validate() or typed.on_date.data is None:
        return settings_page(), 422
    theirs = ClinicHoliday.clinic_id == identity().clinic_id
    gone = delete(ClinicHoliday).where(theirs, ClinicHoliday.on_date == typed.on_date.data)
    for name in db.session.scalars(gone.returning(ClinicHoliday.name)).all():
        _note(typed.on_date.data, name, None)
    db.session.commit()
    return redirect(url_for("settings.form", _anchor="days"), 303)


def _problem(day: date) -> str | None:
    today = found.today(found.now())
    if not today <= day <= today + AHEAD:
        return _("Enter a day from today to ten years ahead.")
    return None


def _put(day: date, name: str) -> str | None:
    """Write the day; what is wrong where it stands there, be it since a moment ago."""
    row = {"id": uuid7(), "clinic_id": identity().clinic_id, "on_date": day, "name": name}
    new = insert(ClinicHoliday).values(**row).on_conflict_do_nothing().returning(ClinicHoliday.id)
    return None if db.session.scalar(new) else _("This day is on the list already.")


def _note(day: date, old: str | None, new: str | None) -> None:
    who, subject = identity(), ("clinic", identity().clinic_id)
    before, after = ({"holiday": day.isoformat(), "name": name} if name else None for name in (old, new))
    record(db.session(), who.clinic_id, who.actor, "settings_changed", subject, now=found.now(), old=before, new=after)
