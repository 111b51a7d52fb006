"""What opioids a patient takes, recorded from the patient's page; never for converting doses."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, request, url_for

from scoring.errors import AnswerError
from scoring.opioids import Prescription
from surveys.db import db
from surveys.i18n import gettext as _
from surveys.models import Episode, Patient
from surveys.people.holding import ClosedRecordError
from surveys.people.opioid_statements import (
    NothingToTakeBackError,
    StatementDayError,
    record_opioids,
    withdraw_opioids,
)
from surveys.views import found
from surveys.views.guard import Reply, identity, staff_page
from surveys.views.opioid_form import OpioidForm
from surveys.views.patients import patient_page

bp = Blueprint("opioids", __name__)


@bp.post("/episodes/<uuid:episode_id>/opioids")
@staff_page
def save(episode_id: UUID) -> Reply:
    """Record what is taken on a day, that nothing is, or take back what was recorded of it."""
    episode, form = found.own(Episode, episode_id), OpioidForm.read(request.form)
    patient_id = episode.patient_id
    wrong = _wrong(form) or _keep(episode, form)
    if not wrong:
        db.session.commit()
        flash(_("The entry about opioids is saved."), "good")
        return redirect(url_for("patients.show", patient_id=patient_id, _anchor=f"opioids-{episode_id}"), 303)
    db.session.rollback()
    return patient_page(found.own(Patient, patient_id), wrong=wrong), 422


def _wrong(form: OpioidForm) -> str:
    """What cannot be read, as a sentence; empty where all can."""
    if not form.is_valid():
        return _("Check the entry about opioids: a day, whether any is taken, and doses as numbers above 0.")
    says = form.statement.says.data
    if says == "takes" and not form.prescriptions:
        return _("Choose which opioid is taken, or say that none is.")
    if says == "none" and form.prescriptions:
        return _("None is taken, and yet a drug is chosen. Leave one of them out.")
    return ""


def _keep(episode: Episode, form: OpioidForm) -> str:
    """Keep it; what was refused comes back as a sentence."""
    day = form.statement.on_date.data or date.max  # a form that was found valid has one
    try:
        _act(episode, form.prescriptions, day, withdrawn=form.statement.says.data == "withdrawn")
    except AnswerError:
        return _("This comes to more than anybody takes in a day. Check drug, dose and how often.")
    except StatementDayError:
        return _("Enter a day that has come.")
    except NothingToTakeBackError:
        return _("Nothing is recorded of that day any more. Look at the list.")
    except ClosedRecordError:
        db.session.rollback()
        abort(409, found.closed())
    return ""


def _act(episode: Episode, lines: list[Prescription], day: date, *, withdrawn: bool) -> None:
    session, actor, now = db.session(), identity().actor, found.now()
    if withdrawn:
        withdraw_opioids(session, episode, on=day, actor=actor, now=now)
    else:
        record_opioids(session, episode, lines, on=day, actor=actor, now=now)
