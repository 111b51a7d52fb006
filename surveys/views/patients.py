"""The patient list and one patient's page."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import select

from surveys.alerts.listing import waiting_for
from surveys.db import db
from surveys.enrolment.clinicians import clinicians_for
from surveys.enrolment.form import TreatmentForm
from surveys.models import Episode, Patient
from surveys.models.episode import ENDINGS
from surveys.outbox.suppressing import stopped
from surveys.pathway.adverse import KINDS, RELATEDNESS
from surveys.patient_page import EpisodeView, consents_of, episodes_of
from surveys.people.patients import contact, find_by_chart, find_by_surname
from surveys.views import found
from surveys.views.among import Among, among
from surveys.views.guard import Reply, identity, staff_page
from surveys.views.opioid_form import OpioidForm
from surveys.views.seen import note_view
from surveys.wordings.marks import answered_unlicensed, marked

bp = Blueprint("patients", __name__)
PAGE = 50


@bp.get("/patients")
@staff_page
def index() -> Reply:
    """List a page of patients by number, or those a search finds."""
    wanted = request.args.get("q", "").strip()[:100]
    after = request.args.get("after", 0, type=int)
    chosen = among()
    rows = _search(wanted) if wanted else _page(max(0, min(after, 2**31 - 1)), chosen)
    shown = [(patient, contact(found.vault(), patient)) for patient in rows[:PAGE]]
    note_view(patient.id for patient, _details in shown)
    more = shown[-1][0].number if len(rows) > PAGE and not wanted else None
    return render_template("clinician/patients.html", patients=shown, q=wanted, more=more, among=chosen)


def _page(after: int, chosen: Among | None) -> Sequence[Patient]:
    theirs = select(Patient).where(Patient.clinic_id == identity().clinic_id, Patient.number > after)
    theirs = theirs.where(Patient.merged_into.is_(None))
    if chosen:
        theirs = theirs.where(Patient.id.in_(select(Episode.patient_id).where(Episode.id.in_(chosen.episodes))))
    return db.session.scalars(theirs.order_by(Patient.number).limit(PAGE + 1)).all()


def _search(wanted: str) -> Sequence[Patient]:
    """Who is found; in place of a record that was merged stands the one that was kept."""
    kept = {row.id: row for row in (_kept(patient) for patient in _matches(wanted))}
    return list(kept.values())


def _kept(patient: Patient) -> Patient:
    return found.own(Patient, patient.merged_into) if patient.merged_into else patient


def _matches(wanted: str) -> Sequence[Patient]:
    """By chart number, pseudonymous number or exact surname; the first kind that finds somebody wins."""
    text = wanted.encode("utf-8", "replace").decode()
    if known := find_by_chart(db.session(), found.vault(), text):
        return [known]
    if text.isascii() and text.isdigit() and len(text) < 10:
        theirs = select(Patient).where(Patient.clinic_id == identity().clinic_id, Patient.number == int(text))
        return db.session.scalars(theirs).all()
    return find_by_surname(db.session(), found.vault(), text)


@bp.get("/patients/<uuid:patient_id>")
@staff_page
def show(patient_id: UUID) -> Reply:
    """Show visits, messages, treatments, endings, consents and scores."""
    patient = found.own(Patient, patient_id)
    if patient.merged_into:
        return redirect(url_for("patients.show", patient_id=patient.merged_into), 303)
    return patient_page(patient)


def patient_page(patient: Patient, *, wrong: str | None = None) -> str:
    """Draw the page; ``wrong``: what stopped the act just tried, above what was typed."""
    note_view([patient.id], page="patients.show")
    now = found.now()
    views = episodes_of(db.session(), patient, now=now)
    return render_template(
        "clinician/patient.html",
        patient=patient,
        details=contact(found.vault(), patient),
        views=views,
        asked={view.episode.id: marked(view.protocol.instruments, patient.language) for view in views},
        answered=_unlicensed(views),
        consents=consents_of(db.session(), patient),
        form=TreatmentForm(request.form if wrong else None),
        people={view.episode.id: clinicians_for(db.session(), view.episode) for view in views},
        opioid_form=OpioidForm.read(request.form if wrong else None),
        typed=request.form if wrong else {},
        wrong=wrong,
        endings=ENDINGS,
        adverse_kinds=KINDS,
        relatedness=RELATEDNESS,
        asks_year=found.clinic().birth_year_check,
        halted=stopped(db.session(), patient),
        alerts=waiting_for(db.session(), patient.id),
        paused_until=patient.paused_until if patient.paused_until and patient.paused_until > now else None,
        today=found.today(now),
        zone=found.clinic().time_zone,
    )


def _unlicensed(views: Sequence[EpisodeView]) -> dict[UUID, tuple[str, ...]]:
    """By visit, the instruments whose answers were given to working wording."""
    lines = [line for view in views for line in view.visits]
    given = {line.visit.id: [(each.instrument, each.wording_hash) for each in line.responses] for line in lines}
    return {visit_id: answered_unlicensed(pairs) for visit_id, pairs in given.items()}
