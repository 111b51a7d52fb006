"""Duplicates: two records side by side, one number that stays, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from wtforms import Form

from surveys.db import db
from surveys.enrolment.fields import text_field
from surveys.i18n import gettext as _
from surveys.i18n import ngettext
from surveys.models import Consent, Episode, Merge, Patient, Response, Visit
from surveys.patient_page import consents_of
from surveys.people.patients import PatientDetails, contact
from surveys.privacy.merging import MergeError, merge, unmerge
from surveys.views import found
from surveys.views.guard import Reply, fresh, identity, staff_page
from surveys.views.seen import note_view

bp = Blueprint("merging", __name__)


class MergeForm(Form):
    """Which of the two numbers stays, and how the desk knows that it is one person."""

    kept = text_field(12, required=True)
    reason = text_field(300, required=True)


class PartForm(Form):
    """Why two records are no longer one."""

    reason = text_field(300, required=True)


@dataclass(frozen=True)
class Side:
    """One of the two records as the page shows it."""

    patient: Patient
    details: PatientDetails
    episodes: int
    answered: int
    consents: list[Consent]


@bp.get("/patients/<uuid:patient_id>/merge")
@staff_page
@fresh
def form(patient_id: UUID) -> Reply:
    """Show the record beside the one whose number is asked for; without one, ask for it."""
    return _page(found.own(Patient, patient_id), _other(request.args.get("with")), MergeForm())


@bp.post("/patients/<uuid:patient_id>/merge")
@staff_page
@fresh
def join(patient_id: UUID) -> Reply:
    """Merge the two; what stops it is said on the page."""
    mine, other, typed = found.own(Patient, patient_id), _other(request.form.get("with")), MergeForm(request.form)
    if other is None or not typed.validate():
        return _page(mine, other, typed), 422
    if typed.kept.data not in (str(mine.number), str(other.number)):
        typed.kept.errors = [_("Choose which of the two numbers stays.")]
        return _page(mine, other, typed), 422
    kept, duplicate = (mine, other) if typed.kept.data == str(mine.number) else (other, mine)
    actor, reason = identity().actor, typed.reason.data or ""
    try:
        merge(db.session(), found.clinic(), kept, duplicate, reason=reason, actor=actor, now=found.now())
    except MergeError as error:
        db.session.rollback()
        return _page(found.own(Patient, patient_id), _other(str(other.number)), typed, str(error)), 422
    db.session.commit()
    flash(_("The records are one now. You can part them again on this page."), "good")
    return redirect(url_for("privacy.show", patient_id=kept.id), 303)


@bp.post("/merges/<uuid:merge_id>/part")
@staff_page
@fresh
def part(merge_id: UUID) -> Reply:
    """Part two records: each gets back what it had."""
    row, typed = found.own(Merge, merge_id), PartForm(request.form)
    back = redirect(url_for("privacy.show", patient_id=row.kept_id), 303)
    if not typed.validate():
        flash(_("Write down why the records are parted."), "error")
        return back
    try:
        reason, actor = typed.reason.data or "", identity().actor
        newer = unmerge(db.session(), found.clinic(), row, reason=reason, actor=actor, now=found.now())
    except MergeError as error:
        db.session.rollback()
        flash(str(error), "error")
        return back
    db.session.commit()
    flash(_("The records are apart again."), "good")
    if newer:
        flash(ngettext("%(num)d entry changed since stays.", "%(num)d entries changed since stay.", newer), "good")
    return back


def _other(number: str | None) -> Patient | None:
    """The clinic's patient with this number."""
    text = (number or "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return None
    wanted = select(Patient).where(Patient.clinic_id == identity().clinic_id, Patient.number == int(text))
    return db.session.scalars(wanted).one_or_none()


def _page(mine: Patient, other: Patient | None, typed: MergeForm, wrong: str | None = None) -> str:
    note_view([mine.id, *([other.id] if other else [])], page="merging.form")
    problems = [str(field.errors[0]) for field in typed if field.errors]
    asked = request.values.get("with", "").strip()[:12]
    missing = _("No patient has the number %(number)s.", number=asked) if asked and other is None else None
    return render_template(
        "admin/merge.html",
        mine=_side(mine),
        other=_side(other) if other else None,
        form=typed,
        wrong=wrong or missing or (problems[0] if problems else None),
    )


def _side(patient: Patient) -> Side:
    session = db.session()
    episodes = select(func.count()).select_from(Episode).where(Episode.patient_id == patient.id)
    visits = select(func.count(Response.id)).join(Visit, Visit.id == Response.visit_id)
    answered = visits.join(Episode, Episode.id == Visit.episode_id).where(Episode.patient_id == patient.id)
    standing = [consent for consent in consents_of(session, patient) if consent.withdrawn_at is None]
    details = contact(found.vault(), patient)
    return Side(patient, details, session.scalar(episodes) or 0, session.scalar(answered) or 0, standing)
