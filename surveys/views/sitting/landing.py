"""The mailed link: what it opens, Start, and a fresh link where this one is stale."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from flask import render_template, request, url_for

from surveys.access.birth_year import asks_year, closed_for_guesses
from surveys.access.chain.audit import Actor
from surveys.access.links import find_link_clinic, open_patient_session
from surveys.access.tokens import cookie_value
from surveys.answering.answers import current_answers
from surveys.answering.languages import asked_in, keep_language
from surveys.answering.sitting import Sitting, by_token, has_answers
from surveys.db import db, enter_clinic
from surveys.forms import RESPONDENTS, StartForm
from surveys.i18n import speak, speak_as_asked
from surveys.models import Patient, PatientLink, Visit
from surveys.outbox import ResendError, resend
from surveys.outbox.staff_tasks import open_once
from surveys.people.holding import hold_records
from surveys.people.patients import permit
from surveys.safety import SAFETY
from surveys.views.guard import Reply
from surveys.views.signin.entrance import set_cookie
from surveys.views.sitting.agreeing import agree, consent_asked
from surveys.views.sitting.device import patient_cookie
from surveys.views.sitting.language import language_before
from surveys.views.sitting.patient_page import (
    choices_url,
    dead_link,
    first_name,
    load_sitting,
    minutes,
    page,
    patient_blueprint,
    see,
    unspoken_page,
)
from surveys.views.sitting.practice import first_url

bp = patient_blueprint("landing")


@bp.get("/q/<token>")
def landing(token: str) -> Reply:
    """Show who asks and why; opening a link changes nothing."""
    sitting = _sitting(token)
    if sitting is None or sitting.state != "open":
        return dead_link(token)
    if _unspoken(sitting):
        return unspoken_page(sitting, told=False)
    return _first_screen(sitting, token, StartForm())


@bp.post("/q/<token>")
def start(token: str) -> Reply:
    """Start or carry on: set the cookie and leave the token behind."""
    sitting = _sitting(token)
    if sitting is None or sitting.state != "open":
        return dead_link(token)
    if _unspoken(sitting):
        return unspoken_page(sitting, told=False)
    year = asks_year(db.session(), _patient(sitting))
    asked = None if year else consent_asked(sitting)  # with the check, whoever gives it is known first
    form = StartForm(request.form, ask_consent=asked is not None)
    if not form.validate():
        return _first_screen(sitting, token, form), 422
    agree(sitting, asked)
    link, who = _link(sitting), str(form.respondent.data)
    cookie = open_patient_session(db.session(), link, who, year_pending=year, now=sitting.real)
    if sitting.language != _patient(sitting).language:
        keep_language(db.session(), cookie, sitting.language)
    reply = see(url_for("birth_year.form") if year else first_url(sitting))
    db.session.commit()
    set_cookie(reply, patient_cookie(), cookie_value(sitting.clinic_id, cookie))
    return reply


@bp.get("/q/<token>/stop")
def stop(token: str) -> Reply:
    """Tell somebody else who opened the link what to do: nothing was saved."""
    sitting = _sitting(token)
    if sitting is None or sitting.state != "open":
        return dead_link(token)
    return page("patient/stop.html", sitting)


@bp.post("/q/<token>/phone")
def phone_me(token: str) -> Reply:
    """Tell staff of a patient in whose language there are no questions; who asks to be phoned allows it."""
    sitting = _sitting(token)
    if sitting is None or sitting.state != "open":
        return dead_link(token)
    patient, actor = _patient(sitting), Actor("patient", sitting.patient_id)
    hold_records(db.session(), [patient.id])
    permit(db.session(), patient, "contact_phone", actor=actor, now=sitting.now)
    open_once(db.session(), sitting.clinic_id, sitting.visit_id, "language", now=sitting.now)
    db.session.commit()
    return unspoken_page(sitting, told=True)


@bp.post("/q/<token>/fresh")
def fresh(token: str) -> Reply:
    """Send a new link to the address on file where the visit is still open; say the same in any case."""
    return _fresh_page(_sitting(token))


@bp.post("/s/fresh")
def fresh_again() -> Reply:
    """Do the same for a browser whose link was stopped while it was answering."""
    known = load_sitting()
    return _fresh_page(known[0] if known else None)


def _fresh_page(sitting: Sitting | None) -> str:
    if sitting and sitting.takes_answers and not closed_for_guesses(db.session(), sitting.visit_id):
        _send_fresh(sitting)
    enter_clinic(None)
    speak_as_asked()
    return render_template("patient/fresh_link.html", safety=SAFETY)


def _sitting(token: str) -> Sitting | None:
    clinic_id = find_link_clinic(db.session(), token)
    if clinic_id is None:
        return None
    enter_clinic(clinic_id)
    sitting = by_token(db.session(), token)
    if sitting is None:
        return None
    sitting = replace(sitting, language=language_before(sitting))
    speak(sitting.language)
    return sitting


def _unspoken(sitting: Sitting) -> bool:
    return not asked_in(sitting.protocol, sitting.timepoint, sitting.language)


def _send_fresh(sitting: Sitting) -> None:
    """Plan one more message; why there is none is no news for whoever asks."""
    with suppress(ResendError):
        resend(db.session(), db.session.get_one(Visit, sitting.visit_id), actor=Actor("patient"), now=sitting.now)
        db.session.commit()


def _patient(sitting: Sitting) -> Patient:
    return db.session.get_one(Patient, sitting.patient_id)


def _link(sitting: Sitting) -> PatientLink:
    return db.session.get_one(PatientLink, sitting.link_id)


def _first_screen(sitting: Sitting, token: str, form: StartForm) -> str:
    return page(
        "patient/landing.html",
        sitting,
        token=token,
        form=form,
        respondents=RESPONDENTS,
        first_name=first_name(sitting),
        minutes=minutes(sitting),
        consent=None if asks_year(db.session(), _patient(sitting)) else consent_asked(sitting),
        started=has_answers(current_answers(db.session(), sitting.visit_id)),
        choices=choices_url(sitting),
    )
