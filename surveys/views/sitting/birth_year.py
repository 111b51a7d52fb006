"""The year of birth, asked after Start where the clinic wants it: five tries, then the link is closed."""

from __future__ import annotations

from flask import abort, make_response, request, url_for

from surveys.access.birth_year import TRIES, try_year
from surveys.answering.item_token import fits_send, sign_send
from surveys.answering.sitting import Browser, Sitting
from surveys.db import db
from surveys.forms import YearForm
from surveys.i18n import gettext as _
from surveys.i18n import ngettext
from surveys.models import Patient
from surveys.views.guard import Reply
from surveys.views.sitting.agreeing import agree, consent_asked
from surveys.views.sitting.patient_page import (
    closed_page,
    dead_link,
    load_sitting,
    no_session,
    page,
    patient_blueprint,
    resume_url,
    secret,
    see,
)
from surveys.views.sitting.practice import first_url

bp = patient_blueprint("birth_year")


@bp.get("/s/year-of-birth")
def form() -> Reply:
    """Ask for the year of birth and, the first time, for consent."""
    sitting, browser = _asked()
    return _page(sitting, browser, YearForm()) if browser.year_pending else see(resume_url(sitting))


@bp.post("/s/year-of-birth")
def check() -> Reply:
    """Compare the year; a right one lets this browser go on."""
    sitting, browser = _asked()
    patient = db.session.get_one(Patient, sitting.patient_id)
    if not browser.year_pending:
        return see(resume_url(sitting))
    typed = YearForm(request.form, ask_consent=consent_asked(sitting) is not None)
    if not fits_send(typed.token.data or "", browser.id, secret()):
        return _page(sitting, browser, typed, _("Nothing was checked yet. Press the button again.")), 400
    if not typed.validate():
        return _page(sitting, browser, typed), 422
    left = try_year(db.session(), browser.id, patient, typed.given, now=sitting.now)
    if left == TRIES:
        return _go_on(sitting)
    db.session.commit()
    if left == 0:
        return page("patient/year_closed.html", sitting), 403
    return _page(sitting, browser, typed, _wrong(left)), 422


def _go_on(sitting: Sitting) -> Reply:
    agree(sitting, consent_asked(sitting))
    db.session.commit()
    return see(first_url(sitting))


def _asked() -> tuple[Sitting, Browser]:
    found = load_sitting() or abort(make_response(no_session()))
    if found[0].state != "open":
        abort(make_response(dead_link() if found[1].year_pending else closed_page(found[0])))
    if found[1].kiosk and found[1].year_pending:  # staff know the patient who holds their tablet
        abort(see(url_for("kiosk.first")))
    return found


def _wrong(left: int) -> str:
    told = ngettext("You can try %(num)s more time.", "You can try %(num)s more times.", left)
    return " ".join((_("The clinic has another year of birth on file."), told))


def _page(sitting: Sitting, browser: Browser, typed: YearForm, trouble: str | None = None) -> str:
    problem = trouble or next((str(field.errors[0]) for field in typed if field.errors), None)
    return page(
        "patient/year.html",
        sitting,
        form=typed,
        trouble=problem,
        at_consent=bool(typed.consent.errors) and not (typed.year.errors or trouble),
        consent=consent_asked(sitting),
        token=sign_send(browser.id, secret()),
    )
