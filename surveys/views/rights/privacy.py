"""What is kept of one person, for coordinators and admins: consents, endings, export; the way to erasing."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from sqlalchemy import or_, select
from wtforms import DateField, Form
from wtforms.validators import InputRequired

from surveys.db import db
from surveys.i18n import gettext as _
from surveys.models import Consent, Ending, Erasure, Merge, Patient
from surveys.pathway.endings import end_participation, endings_of
from surveys.patient_page import consents_of
from surveys.people.participation import KIND, OPTIONAL, give_consent, optional_text
from surveys.people.patients import PERMISSIONS, contact, withdraw
from surveys.people.taken_back import TakenBackError
from surveys.privacy.erasure import running
from surveys.privacy.retention import due_on
from surveys.privacy.subject_export import archive, subject_export
from surveys.views import found
from surveys.views.guard import Reply, fresh, identity, staff_page
from surveys.views.paper_consent import taken_back
from surveys.views.seen import note_view

bp = Blueprint("privacy", __name__)
KINDS = (*PERMISSIONS, KIND, *OPTIONAL)


class GivenForm(Form):
    """The day on which a permission was given on paper."""

    on_date = DateField(validators=[InputRequired()])


@bp.get("/patients/<uuid:patient_id>/privacy")
@staff_page
def show(patient_id: UUID) -> Reply:
    """Show consents with dates and versions, endings, and what may be done with the record."""
    return _page(found.own(Patient, patient_id))


def _page(patient: Patient, wrong: str | None = None) -> str:
    note_view([patient.id], page="privacy.show")
    session, consents = db.session(), consents_of(db.session(), patient)
    return render_template(
        "admin/privacy.html",
        patient=patient,
        details=contact(found.vault(), patient),
        kinds=KINDS,
        optional=OPTIONAL,
        standing={consent.kind: consent for consent in consents if consent.withdrawn_at is None},
        history=[consent for consent in consents if consent.withdrawn_at is not None],
        endings=_endings(patient),
        merges=_merges(patient),
        kept=session.get(Patient, patient.merged_into) if patient.merged_into else None,
        erasure=session.scalars(select(Erasure).where(Erasure.patient_id == patient.id)).one_or_none(),
        running=running(session, patient),
        due_on=due_on(session, found.clinic(), patient),
        today=found.today(found.now()),
        wrong=wrong,
    )


def _endings(patient: Patient) -> Sequence[Ending]:
    return endings_of(db.session(), patient)


def _merges(patient: Patient) -> list[tuple[Merge, Patient, Patient]]:
    """Merges of this record with the record kept and the one merged, the newest first."""
    mine = or_(Merge.kept_id == patient.id, Merge.merged_id == patient.id)
    rows = db.session.scalars(select(Merge).where(mine).order_by(Merge.merged_at.desc())).all()
    return [(row, found.own(Patient, row.kept_id), found.own(Patient, row.merged_id)) for row in rows]


@bp.post("/patients/<uuid:patient_id>/consents/<kind>/give")
@staff_page
def give(patient_id: UUID, kind: str) -> Reply:
    """Record a permission that the patient gave on paper."""
    patient, form, now = found.own(Patient, patient_id), GivenForm(request.form), found.now()
    if kind not in OPTIONAL or patient.erased_at or patient.merged_into:
        abort(404)
    day = form.on_date.data if form.validate() else None
    if day is None or not day.year >= 1990 or day > found.today(now):
        return _page(patient, _("Enter the day on which the patient signed, not later than today.")), 422
    text, actor = optional_text(kind, patient.language), identity().actor
    signed = found.noon(day, patient.time_zone, now)
    try:
        give_consent(db.session(), patient, text, actor=actor, given_at=signed, now=now)
    except TakenBackError as error:
        return _page(patient, taken_back(error)), 422
    db.session.commit()
    flash(_("The permission is recorded."), "good")
    return redirect(url_for("privacy.show", patient_id=patient_id), 303)


@bp.post("/patients/<uuid:patient_id>/consents/<kind>/withdraw")
@staff_page
def take_back(patient_id: UUID, kind: str) -> Reply:
    """Withdraw one permission; participation ends follow-up with it."""
    patient, now, actor = found.own(Patient, patient_id), found.now(), identity().actor
    standing = (Consent.patient_id == patient.id, Consent.kind == kind, Consent.withdrawn_at.is_(None))
    consent = db.session.scalars(select(Consent).where(*standing)).one_or_none() or abort(404)
    if kind == KIND:
        clinic, day = found.clinic(), found.today(now)
        end_participation(db.session(), clinic, patient, day, reason=None, actor=actor, now=now)
    else:
        withdraw(db.session(), consent, actor=actor, now=now)
    db.session.commit()
    flash(_("The permission is withdrawn."), "good")
    return redirect(url_for("privacy.show", patient_id=patient_id), 303)


@bp.post("/patients/<uuid:patient_id>/export")
@staff_page
@fresh
def export(patient_id: UUID) -> Reply:
    """Give everything that is kept of the person as one file; a POST, because it is written down."""
    patient, now = found.own(Patient, patient_id), found.now()
    made = subject_export(db.session(), found.vault(), found.clinic(), patient, actor=identity().actor, now=now)
    db.session.commit()
    name = f"patient-{patient.number}.zip"
    return send_file(BytesIO(archive(made)), mimetype="application/zip", as_attachment=True, download_name=name)
