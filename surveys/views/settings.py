"""The clinic's own choices, for admins: who writes to patients and on which days, links, how long records are kept."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, Form, IntegerField, ValidationError
from wtforms.validators import NumberRange, Optional

from surveys.access.chain.audit import record
from surveys.db import db
from surveys.enrolment.fields import text_field
from surveys.enrolment.form import ADDRESS, PHONE
from surveys.i18n import gettext as _
from surveys.models import Clinic, ClinicHoliday
from surveys.views import found
from surveys.views.guard import Reply, fresh, identity, staff_page

bp = Blueprint("settings", __name__)
CHOICES = (
    "sender_name",
    "reply_to",
    "phone",
    "send_on_weekends",
    "birth_year_check",
    "retention_years",
    "retention_automatic",
)


class SettingsForm(Form):
    """What an admin may change."""

    sender_name = text_field(60, required=True)
    reply_to = text_field(254, required=True)
    phone = text_field(32, required=True)
    send_on_weekends = BooleanField()
    birth_year_check = BooleanField()
    retention_years = IntegerField(validators=[Optional(), NumberRange(1, 50, _("Enter 1 to 50 years, or nothing."))])
    retention_automatic = BooleanField()

    def validate_sender_name(self, field: Field) -> None:
        """It stands in the patient's inbox, where others read it; nor may it look like an address."""
        if any(mark in field.data for mark in '<>@",;:'):
            raise ValidationError(_("Use letters, digits and spaces only."))

    def validate_reply_to(self, field: Field) -> None:
        """One address that people read."""
        if not ADDRESS.fullmatch(field.data):
            raise ValidationError(_("This is not an e-mail address. Check for missing parts and spaces."))

    def validate_phone(self, field: Field) -> None:
        """Digits, spaces and the usual marks."""
        if not PHONE.fullmatch(field.data):
            raise ValidationError(_("This is not a telephone number. Use digits, with + in front of a country code."))

    def validate_retention_automatic(self, field: Field) -> None:
        """Without a time there is nothing to erase."""
        if field.data and not self.retention_years.data:
            raise ValidationError(_("Enter a number of years first."))


@bp.get("/settings")
@staff_page
@fresh
def form() -> Reply:
    """Show the choices as they stand."""
    return settings_page()


@bp.post("/settings")
@staff_page
@fresh
def save() -> Reply:
    """Change them; the audit says which, from what to what."""
    clinic, typed = found.clinic(), SettingsForm(request.form)
    if not typed.validate():
        return _page(typed), 422
    old = {name: getattr(clinic, name) for name in CHOICES}
    new = {name: typed[name].data for name in CHOICES}
    changed = [name for name in CHOICES if old[name] != new[name]]
    for name in changed:
        setattr(clinic, name, new[name])
    if changed:
        before, after = ({name: values[name] for name in changed} for values in (old, new))
        subject, now = ("clinic", clinic.id), found.now()
        record(db.session(), clinic.id, identity().actor, "settings_changed", subject, now=now, old=before, new=after)
    db.session.commit()
    flash(_("The settings are saved."), "good")
    return redirect(url_for("settings.form"), 303)


def _shown(clinic: Clinic) -> dict[str, str]:
    """The choices as a form has them: what is off or empty does not stand in it."""
    values = {name: getattr(clinic, name) for name in CHOICES}
    return {name: "y" if value is True else str(value) for name, value in values.items() if value not in (None, False)}


def settings_page(*, holiday: Form | None = None) -> str:
    """Draw the choices as they stand; ``holiday``: a day just typed that could not be added."""
    return _page(SettingsForm(MultiDict(_shown(found.clinic()))), holiday)


def _page(typed: SettingsForm, holiday: Form | None = None) -> str:
    wrong = {field.name: str(field.errors[0]) for field in (*typed, *(holiday or ())) if field.errors}
    theirs = ClinicHoliday.clinic_id == found.clinic().id, ClinicHoliday.on_date >= found.today(found.now())
    holidays = db.session.scalars(select(ClinicHoliday).where(*theirs).order_by(ClinicHoliday.on_date)).all()
    return render_template("admin/settings.html", form=typed, wrong=wrong, holiday=holiday, holidays=holidays)
