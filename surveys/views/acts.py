"""What staff do from a patient's page: treatments, dates, endings, endpoints, links."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, request, url_for
from wtforms import DateField, Form

from surveys import outbox
from surveys.db import db
from surveys.enrolment.clinicians import clinicians_for, offer_clinicians
from surveys.enrolment.form import TreatmentForm
from surveys.i18n import gettext as _
from surveys.models import Ending, Episode, Patient, Treatment, Visit
from surveys.pathway import care, episodes
from surveys.pathway.adverse import adverse_details
from surveys.pathway.episodes import EndpointDetails, EpisodeError
from surveys.pathway.unscheduled import questionnaire_now
from surveys.pathway.visit_state import visit_state
from surveys.views import found
from surveys.views.act_forms import CorrectionForm, EndingForm, EndpointForm, IndexForm, SettleForm
from surveys.views.guard import Reply, identity, staff_page
from surveys.views.patients import patient_page
from surveys.views.words import visit_words

bp = Blueprint("acts", __name__)


def _do(patient_id: UUID, form: Form, act: Callable[[], object]) -> Reply:
    """Run one act and commit; what it refuses is shown on the page with 422."""
    wrong = None if form.validate() else _wrong(form)
    try:
        if wrong is None:
            act()
            db.session.commit()
            return redirect(url_for("patients.show", patient_id=patient_id), 303)
    except (EpisodeError, outbox.ResendError) as error:
        wrong = str(error)
    db.session.rollback()
    return patient_page(found.own(Patient, patient_id), wrong=wrong), 422


def _day(field: DateField) -> date:
    """A day of this or the last century's end; other years are slips of the hand."""
    if field.data is None or not 1990 <= field.data.year <= 2100:
        raise EpisodeError(_("Check the date."))
    return field.data


def _past(field: DateField, now: datetime) -> date:
    """A day that has come: what is recorded holds at once."""
    day = _day(field)
    if day > found.today(now):
        raise EpisodeError(_("Enter a day that has come."))
    return day


def _wrong(form: Form) -> str:
    """What is wrong in the form's own sentence where it has one, else in which fields."""
    if isinstance(form, CorrectionForm):
        return " ".join(str(field.errors[0]) for field in form if field.errors)
    what = ", ".join(name.replace("_", " ") for name in form.errors if name)
    return _("Something is missing or not right: %(what)s.", what=what)


@bp.post("/episodes/<uuid:episode_id>/treatments")
@staff_page
def add_treatment(episode_id: UUID) -> Reply:
    """Plan a treatment."""
    episode, form, now = found.own(Episode, episode_id), TreatmentForm(request.form), found.now()

    def act() -> None:
        details = form.treatment()
        if details is None or not 1990 <= details.on_date.year <= found.today(now).year + 10:
            raise EpisodeError(_("Enter the day of the treatment."))
        episodes.plan_treatment(db.session(), found.clinic(), episode, details, actor=identity().actor, now=now)

    return _do(episode.patient_id, form, act)


@bp.post("/episodes/<uuid:episode_id>/questionnaire")
@staff_page
def ask_now(episode_id: UUID) -> Reply:
    """Open a questionnaire for a patient who is here, or lead to the one that is open."""
    episode, now = found.own(Episode, episode_id), found.now()

    def act() -> None:
        visit = questionnaire_now(db.session(), episode, actor=identity().actor, now=now)
        told = {"visit": visit_words(visit.timepoint)}
        flash(_("Open: %(visit)s. Show it on the tablet, or enter the answers.", **told), "good")

    return _do(episode.patient_id, Form(), act)


@bp.post("/treatments/<uuid:treatment_id>")
@staff_page
def settle(treatment_id: UUID) -> Reply:
    """Confirm a treatment as done, or cancel it."""
    treatment, form, now = found.own(Treatment, treatment_id), SettleForm(request.form), found.now()

    def act() -> None:
        state, day, actor = form.state.data, form.on_date.data, identity().actor
        clinic = found.clinic()
        episodes.settle_treatment(db.session(), clinic, treatment, state, on_date=day, actor=actor, now=now)
        flash(_("The treatment is noted, and the visits follow it."), "good")

    return _do(found.own(Episode, treatment.episode_id).patient_id, form, act)


@bp.post("/episodes/<uuid:episode_id>/index-date")
@staff_page
def correct_index_date(episode_id: UUID) -> Reply:
    """Move the index date."""
    episode, form, now = found.own(Episode, episode_id), IndexForm(request.form), found.now()

    def act() -> None:
        day, reason, actor = _day(form.on_date), form.reason.data or "", identity().actor
        clinic = found.clinic()
        episodes.correct_index_date(db.session(), clinic, episode, day, reason=reason, actor=actor, now=now)

    return _do(episode.patient_id, form, act)


@bp.post("/episodes/<uuid:episode_id>/care")
@staff_page
def correct_care(episode_id: UUID) -> Reply:
    """Put right what is treated and who treats it."""
    episode, form, now = found.own(Episode, episode_id), CorrectionForm(request.form), found.now()
    offer_clinicians(form, clinicians_for(db.session(), episode))

    def act() -> None:
        wish = care.Care(form.diagnosis.data, form.clinician_id)
        if care.correct_care(db.session(), episode, wish, reason=form.reason.data, actor=identity().actor, now=now):
            flash(_("Diagnosis and clinician are saved."), "good")

    return _do(episode.patient_id, form, act)


@bp.post("/episodes/<uuid:episode_id>/endings")
@staff_page
def end(episode_id: UUID) -> Reply:
    """Record an ending."""
    episode, form, now = found.own(Episode, episode_id), EndingForm(request.form), found.now()

    def act() -> None:
        kind, day, reason, actor = form.kind.data, _past(form.on_date, now), form.reason.data, identity().actor
        clinic = found.clinic()
        episodes.record_ending(db.session(), clinic, episode, kind, day, reason=reason, actor=actor, now=now)

    return _do(episode.patient_id, form, act)


@bp.post("/endings/<uuid:ending_id>/revoke")
@staff_page
def revoke(ending_id: UUID) -> Reply:
    """Take an ending back."""
    ending, now = found.own(Ending, ending_id), found.now()

    def act() -> None:
        episodes.revoke_ending(db.session(), found.clinic(), ending, actor=identity().actor, now=now)

    return _do(found.own(Episode, ending.episode_id).patient_id, Form(request.form), act)


@bp.post("/episodes/<uuid:episode_id>/endpoints")
@staff_page
def add_endpoint(episode_id: UUID) -> Reply:
    """Record an operation, a further treatment or an adverse event."""
    episode, form, now = found.own(Episode, episode_id), EndpointForm(request.form), found.now()

    def act() -> None:
        day = _past(form.on_date, now)
        told = adverse_details(form.event.data, form.serious.data, form.related.data)
        details = EndpointDetails(form.kind.data, day, form.severity.data, told)
        episodes.record_endpoint(db.session(), found.clinic(), episode, details, actor=identity().actor, now=now)

    return _do(episode.patient_id, form, act)


def _refuse_closed(visit: Visit, now: datetime) -> None:
    """A link to a visit that takes no answers would only lead to a closed page."""
    state = visit_state(visit, ZoneInfo(found.patient_of(visit).time_zone), now)
    if state == "waiting":
        raise EpisodeError(_("This visit is not open yet. Its first mail goes out when it opens."))
    if state in ("sent", "missed", "cancelled"):
        raise EpisodeError(_("This visit takes no more answers, so no link is sent."))


@bp.post("/visits/<uuid:visit_id>/resend")
@staff_page
def resend(visit_id: UUID) -> Reply:
    """Send the invitation once more."""
    visit, now = found.own(Visit, visit_id), found.now()

    def act() -> None:
        _refuse_closed(visit, now)
        outbox.resend(db.session(), visit, actor=identity().actor, now=now)
        flash(_("A new link is on its way."), "good")

    return _do(found.patient_of(visit).id, Form(request.form), act)
