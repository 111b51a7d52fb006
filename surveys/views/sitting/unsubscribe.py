"""One-click opt-out (RFC 8058): a POST without cookie or form token; GET only shows the button."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, render_template
from sqlalchemy import select

from surveys.access.chain.audit import Actor
from surveys.access.opt_out import read_opt_out
from surveys.csrf import csrf
from surveys.db import app_now, db, enter_clinic
from surveys.i18n import force_language
from surveys.models import Clinic, Episode, Patient
from surveys.pathway.endings import record_ending
from surveys.schedule import local_date
from surveys.views.guard import Reply, config

bp: Blueprint = Blueprint("unsubscribe", __name__)


@bp.get("/u/<token>")
def ask(token: str) -> Reply:
    """Show what stopping means, and a button; mail scanners open this and change nothing."""
    return _page(_patient(token)[0], stopped=False)


@csrf.exempt  # type: ignore[untyped-decorator]
@bp.post("/u/<token>")
def stop(token: str) -> Reply:
    """Stop reminders for all of the patient's episodes; once more changes nothing."""
    patient, clinic = _patient(token)
    session = db.session()
    now = app_now(session)
    today = local_date(now, ZoneInfo(patient.time_zone))
    episodes = session.scalars(select(Episode).where(Episode.patient_id == patient.id).order_by(Episode.id)).all()
    for episode in episodes:
        actor = Actor("patient", patient.id)
        record_ending(session, clinic, episode, "reminders_stopped", today, reason=None, actor=actor, now=now)
    session.commit()
    return _page(patient, stopped=True)


def _patient(token: str) -> tuple[Patient, Clinic]:
    named = read_opt_out(config().secret_key, token)
    if named is None:
        abort(404)
    return _found(*named)


def _found(clinic_id: UUID, episode_id: UUID) -> tuple[Patient, Clinic]:
    enter_clinic(clinic_id)
    session = db.session()
    theirs = select(Patient).join(Episode, Episode.patient_id == Patient.id).where(Episode.id == episode_id)
    patient, clinic = session.scalars(theirs).one_or_none(), session.get(Clinic, clinic_id)
    if patient is None or clinic is None:
        abort(404)
    return patient, clinic


def _page(patient: Patient, *, stopped: bool) -> str:
    with force_language(patient.language):
        return render_template("unsubscribe.html", stopped=stopped, page_lang=patient.language)
