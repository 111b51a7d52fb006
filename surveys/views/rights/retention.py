"""Who falls due for erasure: warned of 90 and 30 days ahead, erased when due and agreed to."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from sqlalchemy import select

from surveys.db import db
from surveys.i18n import gettext as _
from surveys.models import Episode, Patient, StaffTask, Visit
from surveys.people.patients import contact
from surveys.privacy.retention import agree, due_list, erase_ripe, ripe
from surveys.views import found
from surveys.views.guard import Reply, fresh, identity, staff_page
from surveys.views.seen import note_view

bp = Blueprint("retention", __name__)


@bp.get("/retention")
@staff_page
def show() -> Reply:
    """List who falls due, and who asked to be erased."""
    clinic, vault = found.clinic(), found.vault()
    dues = due_list(db.session(), clinic, now=found.now())
    wishes = _wishes()
    note_view(patient.id for patient in (*(due.patient for due in dues), *wishes))
    stages = {stage: [due for due in dues if due.stage == stage] for stage in ("due", "soon", "later")}
    return render_template(
        "admin/retention.html",
        clinic=clinic,
        stages=stages,
        ready=len(ripe(clinic, dues)),
        wishes=wishes,
        names=lambda patient: contact(vault, patient),
    )


def _wishes() -> list[Patient]:
    """Patients who asked to be erased and are not yet."""
    asked = select(Episode.patient_id).join(Visit, Visit.episode_id == Episode.id)
    asked = asked.join(StaffTask, StaffTask.visit_id == Visit.id).where(StaffTask.kind == "erasure_wish")
    wanted = select(Patient).where(Patient.clinic_id == identity().clinic_id, Patient.id.in_(asked))
    return list(db.session.scalars(wanted.where(Patient.erased_at.is_(None)).order_by(Patient.number)))


@bp.post("/retention/<uuid:patient_id>/agree")
@staff_page
@fresh
def yes(patient_id: UUID) -> Reply:
    """Agree to erasing one record on its day."""
    clinic, now, patient = found.clinic(), found.now(), found.own(Patient, patient_id)
    dues = due_list(db.session(), clinic, now=now)
    due = next((each for each in dues if each.patient.id == patient.id), None) or abort(404)
    agree(db.session(), clinic, due, actor=identity().actor, now=now)
    db.session.commit()
    flash(_("Noted. The record is erased on its day, unless there is contact before."), "good")
    return redirect(url_for("retention.show"), 303)


@bp.post("/retention/erase")
@staff_page
@fresh
def erase_now() -> Reply:
    """Erase at once who is due and agreed to; the service does the same each night."""
    done = erase_ripe(db.session(), found.vault(), found.clinic(), actor=identity().actor, now=found.now())
    db.session.commit()
    flash(_("Erased: %(n)s.", n=len(done)), "good")
    return redirect(url_for("retention.show"), 303)
