"""Participation agreed to on paper: which version was signed, and when."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import DateField, Form, SelectField, ValidationError
from wtforms.validators import InputRequired

from surveys.db import db
from surveys.i18n import format_whole_day
from surveys.i18n import gettext as _
from surveys.models import Visit
from surveys.people.participation import consent_text, consent_versions, give_consent, participation
from surveys.people.taken_back import TakenBackError
from surveys.views import found
from surveys.views.guard import identity

OLDEST = date(1990, 1, 1)


class PaperConsentForm(Form):
    """Participation on paper: which version was signed, and when."""

    consent_version = SelectField()
    signed_on = DateField(validators=[InputRequired()])

    def __init__(self, typed: MultiDict[str, str], today: date) -> None:
        super().__init__(typed)
        self.today = today
        self.trouble = _("Enter the consent that was signed: its version and the day.")
        self.consent_version.choices = [(version, version) for version in consent_versions()]

    def validate_signed_on(self, field: DateField) -> None:
        """A day that has come, and not a slip of the hand."""
        if field.data is not None and not OLDEST <= field.data <= self.today:
            raise ValidationError(_("Enter the day on which the paper was signed."))


def paper_consent(visit: Visit) -> PaperConsentForm | None:
    """The form that has to be filled where no participation stands."""
    if participation(db.session(), found.patient_of(visit)):
        return None
    return PaperConsentForm(request.form, found.today(found.now()))


def keep_consent(visit: Visit, form: PaperConsentForm) -> bool:
    """Keep what was signed, from the day on which it was; False where it cannot be, and ``trouble`` says why."""
    if not form.validate():
        return False
    patient, now = found.patient_of(visit), found.now()
    text = consent_text(form.consent_version.data, patient.language)
    zone, day = ZoneInfo(patient.time_zone), form.signed_on.data
    signed = now if day == found.today(now) or day is None else datetime.combine(day, time(12), zone)
    try:
        give_consent(db.session(), patient, text, now=now, actor=identity().actor, given_at=signed)
    except TakenBackError as error:
        form.trouble = taken_back(error)
        return False
    return True


def taken_back(error: TakenBackError) -> str:
    """Say why a paper gives nothing any more."""
    day = format_whole_day(error.day)
    return _("The patient took this permission back on %(day)s. A paper of an earlier day no longer counts.", day=day)
