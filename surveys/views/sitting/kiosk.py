"""The clinic's tablet: a blank page that takes a code, the first screen after it, and the way back to blank."""

from __future__ import annotations

from flask import abort, make_response, render_template, request, url_for
from flask import session as form_session

from surveys.access import device_codes
from surveys.access.chain.audit import Actor, record
from surveys.access.links import open_patient_session
from surveys.access.signin import throttle
from surveys.access.tokens import cookie_value
from surveys.answering.answers import current_answers
from surveys.answering.item_token import fits_send, sign_send
from surveys.answering.sitting import Browser, Sitting, by_link, has_answers
from surveys.db import db, enter_clinic, real_now
from surveys.forms import RESPONDENTS, StartForm
from surveys.i18n import LANGUAGE_NAMES, LANGUAGES, speak_as_asked
from surveys.i18n import gettext as _
from surveys.models import PatientSession
from surveys.views.guard import Reply, staff_cookie
from surveys.views.signin.entrance import close_former, drop_cookie, set_cookie
from surveys.views.sitting.agreeing import agree, consent_asked
from surveys.views.sitting.device import forget, patient_cookie, wipe
from surveys.views.sitting.patient_page import (
    closed_page,
    first_name,
    load_sitting,
    minutes,
    no_session,
    page,
    patient_blueprint,
    resume_url,
    secret,
    see,
)
from surveys.views.sitting.practice import first_url

bp = patient_blueprint("kiosk")
BY_THEMSELVES = ("self", "self_with_help")


@bp.get("/tablet")
def enter() -> Reply:
    """Show the blank page; what this tablet knew of a patient is forgotten first."""
    held = forget()
    reply = make_response(_blank(request.args.get("code", "")))
    return wipe(reply) if held else reply


@bp.post("/tablet")
def open_visit() -> Reply:
    """Use a code up and go to its visit; whatever is wrong with a code, the answer is the same."""
    held = forget()
    typed = request.form.get("code", "")
    code = device_codes.read_code(typed)
    if code is None:
        trouble = _("A code has eight letters and digits. Look at it again and type it once more.")
        return _refused(typed, trouble, 422, held=held)
    session, address = db.session(), request.remote_addr or ""
    attempt = throttle.begin(session, device_codes.KIND, code, address, now=real_now(session))
    session.commit()
    if attempt is None:
        return _refused(typed, _("Too many tries. Wait 15 minutes and try again."), 429, held=held)
    cookie = _opened(code)
    if cookie is None:
        trouble = _("This code opens nothing. It may be too old, or used. Ask for a new one.")
        return _refused("", trouble, 422, held=held)
    throttle.take_back(db.session(), attempt)
    db.session.commit()
    return _handed_over(cookie)


def _refused(typed: str, trouble: str, status: int, *, held: bool) -> Reply:
    reply = make_response(_blank(typed, trouble), status)
    return wipe(reply) if held else reply


def _opened(code: str) -> str | None:
    """Return the cookie of the session that the code opens, or None."""
    session = db.session()
    clinic_id = device_codes.find_code_clinic(session, code, secret())
    if clinic_id is None:
        return None
    enter_clinic(clinic_id)
    session, real = db.session(), real_now(db.session())
    link_id = device_codes.find_code(session, code, secret(), real=real)
    sitting = by_link(session.connection(), link_id, "") if link_id else None
    if sitting is None or sitting.state != "open":
        return None
    link = device_codes.use_code(session, code, secret(), real=real)
    if link is None:
        return None
    actor = Actor("patient", sitting.patient_id)
    record(session, clinic_id, actor, "code_used", ("visit", sitting.visit_id), now=sitting.now)
    return cookie_value(
        clinic_id, open_patient_session(session, link, "tablet", year_pending=True, kiosk=True, now=real)
    )


def _handed_over(cookie: str) -> Reply:
    """Sign staff out of a tablet that a patient holds, and give it the patient's session."""
    close_former()
    form_session.clear()
    reply = see(url_for("kiosk.first"))
    drop_cookie(reply, staff_cookie())
    set_cookie(reply, patient_cookie(), cookie)
    return reply


@bp.get("/s/start")
def first() -> Reply:
    """Ask who fills in and, the first time, for consent; a person of the clinic knows the patient."""
    sitting, browser = _on_tablet()
    return _first_page(sitting, browser, StartForm())


@bp.post("/s/start")
def begin() -> Reply:
    """Keep who fills in, and consent; then to the questions."""
    sitting, browser = _on_tablet()
    asked = consent_asked(sitting)
    form = StartForm(request.form, ask_consent=asked is not None)
    if not fits_send(request.form.get("token", ""), browser.id, secret()):
        return _first_page(sitting, browser, form), 400
    if not form.validate():
        return _first_page(sitting, browser, form), 422
    agree(sitting, asked)
    row, chosen = db.session.get_one(PatientSession, browser.id), str(form.respondent.data)
    row.respondent, row.year_pending = "tablet" if chosen in BY_THEMSELVES else chosen, False
    db.session.commit()
    return see(first_url(sitting))


@bp.get("/s/pause")
def pause() -> Reply:
    """Ask whether somebody is still there, or wants to stop; a page that opens by itself prolongs nothing."""
    found = load_sitting(touch=False)
    if found is None:
        return no_session()
    sitting, browser = found
    if not browser.kiosk:
        return see(resume_url(sitting)) if sitting.state == "open" else closed_page(sitting)
    idle = request.args.get("idle") == "1"
    return page("patient/pause.html", sitting, idle=idle, onward=_onward(sitting, browser))


def _onward(sitting: Sitting, browser: Browser) -> str:
    if sitting.state == "sent":
        return url_for("sending.done")
    if sitting.state != "open":
        return url_for("kiosk.enter")
    return url_for("kiosk.first") if browser.year_pending else resume_url(sitting)


def _on_tablet() -> tuple[Sitting, Browser]:
    """Return the tablet's sitting before its first question; elsewhere the request ends with the way on."""
    sitting, browser = load_sitting() or abort(make_response(no_session()))
    if sitting.state != "open":
        abort(make_response(closed_page(sitting)))
    if not (browser.kiosk and browser.year_pending):
        abort(see(resume_url(sitting)))
    return sitting, browser


def _first_page(sitting: Sitting, browser: Browser, form: StartForm) -> str:
    return page(
        "patient/landing.html",
        sitting,
        form=form,
        respondents=RESPONDENTS,
        first_name=first_name(sitting),
        minutes=minutes(sitting),
        consent=consent_asked(sitting),
        started=has_answers(current_answers(db.session(), sitting.visit_id)),
        action=url_for("kiosk.begin"),
        stop=url_for("kiosk.enter"),
        proof=sign_send(browser.id, secret()),
        choices=None,
    )


def _blank(code: str, trouble: str | None = None) -> str:
    """Draw the page that knows nobody, in the browser's language or the one that its links name."""
    enter_clinic(None)
    speak_as_asked()
    chosen = request.args.get("language")
    return render_template(
        "patient/tablet.html",
        code=code[: device_codes.LONGEST],
        trouble=trouble,
        chosen=chosen if chosen in LANGUAGES else None,
        languages={code: LANGUAGE_NAMES[code] for code in LANGUAGES},
    )
