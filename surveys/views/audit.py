"""The audit for administrators: who did what and saw whom, and one patient's access report."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, make_response, render_template, request
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import DateField, Form, IntegerField, SelectField
from wtforms.validators import NumberRange, Optional

from surveys.access.chain.sealing import newest_seal
from surveys.access.keys.personal import is_sealed
from surveys.db import db
from surveys.i18n import gettext as _
from surveys.models import AuditCheck, Patient, Staff
from surveys.trail import words
from surveys.trail.reading import PAGE, Wanted, page_of
from surveys.trail.report import report as patient_report
from surveys.trail.report import report_csv as report_file
from surveys.views import found
from surveys.views.guard import Reply, fresh, identity, staff_page
from surveys.views.seen import note_view

bp = Blueprint("audit", __name__)
NAMES = {"action_words": words.action_words, "field_words": words.field_words, "value_words": words.value_words}
LARGEST = 2**31 - 1


class FilterForm(Form):
    """Who, what, whom and when; an empty field leaves its filter out."""

    who = SelectField(validators=[Optional()], default="")
    what = SelectField(validators=[Optional()], default="")
    number = IntegerField(validators=[Optional(), NumberRange(1, LARGEST)])
    first = DateField(validators=[Optional()])
    last = DateField(validators=[Optional()])


@bp.get("/audit")
@staff_page
def show() -> Reply:
    """List a page of the audit, the newest first; personal values stay sealed here."""
    form = _form()
    wrong = None if form.validate() else _("This filter is not one of those on offer. Choose again.")
    patient = _patient(form.number.data) if wrong is None else None
    if form.number.data and patient is None and wrong is None:
        wrong = _("There is no patient with this number.")
    zone = ZoneInfo(found.clinic().time_zone)
    lines = [] if wrong else page_of(db.session(), _wanted(form, patient), zone, before=_before())
    page = render_template(
        "clinician/audit.html",
        form=form,
        wrong=wrong,
        patient=patient,
        lines=lines[:PAGE],
        more=lines[PAGE - 1].event.id if len(lines) > PAGE else None,
        query={name: value for name, value in request.args.items() if value and name != "before"},
        zone=zone.key,
        seal=newest_seal(db.session()),
        check=db.session.scalars(select(AuditCheck).order_by(AuditCheck.checked_at.desc()).limit(1)).one_or_none(),
        is_sealed=is_sealed,
        **NAMES,
    )
    return (page, 422) if wrong else page


def _form() -> FilterForm:
    form = FilterForm(request.args)
    people = db.session.execute(select(Staff.id, Staff.name).order_by(Staff.name))
    staff = [(str(row.id), row.name) for row in people]
    form.who.choices = [("", _("Anybody")), *staff, ("patient", _("Patients")), ("system", _("The system"))]
    acts = sorted(((code, str(said)) for code, said in words.ACTIONS.items()), key=lambda act: act[1])
    form.what.choices = [("", _("Anything")), *acts]
    return form


def _wanted(form: FilterForm, patient: Patient | None) -> Wanted:
    who, what = form.who.data or None, form.what.data or None
    return Wanted(who, what, patient, form.first.data, form.last.data)


def _patient(number: int | None) -> Patient | None:
    theirs = select(Patient).where(Patient.clinic_id == identity().clinic_id, Patient.number == number)
    return db.session.scalars(theirs).one_or_none() if number else None


def _before() -> UUID | None:
    try:
        return UUID(request.args.get("before", ""))
    except ValueError:
        return None


@bp.get("/patients/<uuid:patient_id>/access")
@staff_page
def report(patient_id: UUID) -> Reply:
    """Show who saw or changed one patient, with old and new values; the reading itself is noted first."""
    patient = found.own(Patient, patient_id)
    note_view([patient.id])
    lines, zone = patient_report(db.session(), found.vault(), patient), found.clinic().time_zone
    return render_template(
        "clinician/access_report.html", patient=patient, lines=lines, zone=zone, is_sealed=is_sealed, **NAMES
    )


@bp.get("/patients/<uuid:patient_id>/access.csv")
@staff_page
@fresh
def report_csv(patient_id: UUID) -> Response:
    """Give the report as a file."""
    patient = found.own(Patient, patient_id)
    note_view([patient.id])
    lines = patient_report(db.session(), found.vault(), patient)
    reply = make_response(report_file(lines, ZoneInfo(found.clinic().time_zone)))
    reply.headers["Content-Type"] = "text/csv; charset=utf-8"
    reply.headers["Content-Disposition"] = f'attachment; filename="access-patient-{patient.number}.csv"'
    return reply
