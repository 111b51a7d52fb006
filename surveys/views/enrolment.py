"""Enrolling one patient."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for

from surveys.db import db
from surveys.enrolment.checks import check_form
from surveys.enrolment.clinicians import clinicians
from surveys.enrolment.enrolment import Enrolment, enrol
from surveys.enrolment.form import EnrolmentForm, enrolment_form
from surveys.i18n import gettext as _
from surveys.models import Patient
from surveys.pathway.episodes import EpisodeError
from surveys.people.patients import DuplicateChartError, find_by_chart, find_duplicates
from surveys.protocols import store as protocol_store
from surveys.views import found
from surveys.views.guard import Reply, has_texts, identity, staff_page
from surveys.views.seen import note_view

bp = Blueprint("enrolment", __name__)


@bp.get("/patients/new")
@staff_page
def form() -> Reply:
    """Show the empty form."""
    session = db.session()
    protocols, people = protocol_store.newest(session), clinicians(session)
    return _page(enrolment_form(None, found.clinic(), protocols, people, texts=has_texts()))


@bp.post("/patients/new")
@staff_page
def save() -> Reply:
    """Enrol, or show the form with what was typed and what is wrong."""
    session, now = db.session(), found.now()
    clinic, protocols = found.clinic(), protocol_store.newest(session)
    typed = enrolment_form(request.form, clinic, protocols, clinicians(session), texts=has_texts())
    if not check_form(typed, protocols, found.today(now)):
        return _page(typed), 422
    wish = typed.enrolment(clinic, found.today(now))
    if same := _same(typed, wish):
        return _page(typed, same=same), 422
    try:
        patient = enrol(session, found.vault(), clinic, wish, actor=identity().actor, now=now)
    except (DuplicateChartError, EpisodeError) as error:
        session.rollback()
        flash(str(error), "error")
        return _page(typed), 422
    session.commit()
    flash(_("Patient %(number)s is enrolled.", number=patient.number), "good")
    return redirect(url_for("patients.show", patient_id=patient.id), 303)


def _same(typed: EnrolmentForm, wish: Enrolment) -> list[Patient]:
    """Patients who bar the way: the same chart number always, the same name and year until "anyway" is ticked."""
    known = find_by_chart(db.session(), found.vault(), wish.details.chart_number)
    if known:
        typed.chart_number.errors = [_("A patient with this chart number is enrolled already.")]
        return [known]
    return [] if typed.anyway.data else list(find_duplicates(db.session(), found.vault(), wish.details))


def _page(typed: EnrolmentForm, same: list[Patient] | None = None) -> str:
    note_view((patient.id for patient in same or ()), page="enrolment.save")
    wrong = {field.name: field.errors[0] for field in typed if field.errors}
    return render_template("clinician/enrol.html", form=typed, same=same or [], wrong=wrong)
