"""Erasing a person: a page that says what goes and what stays, and an act that nobody does by accident."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from wtforms import BooleanField, Form

from surveys.db import db
from surveys.enrolment.fields import text_field
from surveys.i18n import gettext as _
from surveys.models import Patient
from surveys.pathway.endings import end_participation
from surveys.people.patients import contact
from surveys.privacy.erasure import ErasureError, erase, running
from surveys.views import found
from surveys.views.guard import Reply, fresh, identity, staff_page
from surveys.views.seen import note_view

bp = Blueprint("erasing", __name__)


class ErasureForm(Form):
    """Why, whether figures lose the person too, and the number typed as confirmation."""

    reason = text_field(300, required=True)
    withhold = BooleanField()
    leaves = BooleanField()
    number = text_field(12, required=True)


@bp.get("/patients/<uuid:patient_id>/erase")
@staff_page
@fresh
def form(patient_id: UUID) -> Reply:
    """Say what erasing does, before it is done."""
    return _page(found.own(Patient, patient_id), ErasureForm())


@bp.post("/patients/<uuid:patient_id>/erase")
@staff_page
@fresh
def act(patient_id: UUID) -> Reply:
    """Erase the person whose number was typed; what stops it is said on the page."""
    patient, typed = found.own(Patient, patient_id), ErasureForm(request.form)
    if not typed.validate() or not _confirmed(typed, patient):
        return _page(patient, typed), 422
    try:
        _erase(patient, typed)
    except ErasureError as error:
        db.session.rollback()
        return _page(found.own(Patient, patient_id), typed, str(error)), 422
    db.session.commit()
    flash(_("The person is erased. The proof is on this page."), "good")
    return redirect(url_for("privacy.show", patient_id=patient_id), 303)


def _confirmed(typed: ErasureForm, patient: Patient) -> bool:
    if typed.number.data == str(patient.number):
        return True
    typed.number.errors = [_("This is not the number of this patient.")]
    return False


def _erase(patient: Patient, typed: ErasureForm) -> None:
    """One transaction: where follow-up runs, participation ends in it first."""
    session, now, actor, clinic = db.session(), found.now(), identity().actor, found.clinic()
    if running(session, patient) and typed.leaves.data:
        end_participation(session, clinic, patient, found.today(now), reason=None, actor=actor, now=now)
    erase(
        session,
        found.vault(),
        clinic,
        patient,
        cause="request",
        reason=typed.reason.data or "",
        withhold=typed.withhold.data,
        actor=actor,
        now=now,
    )


def _page(patient: Patient, typed: ErasureForm, wrong: str | None = None) -> str:
    note_view([patient.id], page="erasing.form")
    problems = {field.name: str(field.errors[0]) for field in typed if field.errors}
    return render_template(
        "admin/erase.html",
        patient=patient,
        details=contact(found.vault(), patient),
        form=typed,
        running=running(db.session(), patient),
        wrong=problems | ({"reason": wrong} if wrong else {}),
    )
