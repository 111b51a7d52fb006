"""The end of the questionnaire: review, send once, thank-you, and the copy of what was agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import request, url_for

from surveys.access.chain.audit import Actor
from surveys.answering.answers import Current, current_answers
from surveys.answering.item_token import fits_send, sign_send
from surveys.answering.responses import submit
from surveys.answering.sitting import Browser, Sitting, by_link, has_answers
from surveys.db import db
from surveys.i18n import gettext as _
from surveys.models import Patient, Visit
from surveys.outcomes.own_trend import own_trends
from surveys.pathway.coming import coming
from surveys.people.participation import consent_text, participation
from surveys.schedule import local_date
from surveys.views.guard import Reply
from surveys.views.sitting.device import entered_page
from surveys.views.sitting.patient_page import (
    choices_url,
    closed_page,
    known_sitting,
    open_sitting,
    page,
    patient_blueprint,
    require_words,
    secret,
    see,
)
from surveys.wordings import wording_for

bp = patient_blueprint("sending")


@bp.get("/s/review")
def review() -> Reply:
    """Show every answer with a way to change it."""
    sitting, browser = open_sitting()
    current = current_answers(db.session(), sitting.visit_id)
    return _review_page(sitting, browser.id, current)


def _review_page(
    sitting: Sitting, session_id: UUID, current: Mapping[tuple[str, str], Current], trouble: str | None = None
) -> str:
    rows = [(screen, current.get((screen.instrument, screen.item.code))) for screen in sitting.screens]
    return page(
        "patient/review.html",
        sitting,
        rows=rows,
        wordings={s.instrument: wording_for(s.instrument, sitting.language) for s in sitting.screens},
        open_items=sum(1 for _screen, answer in rows if answer is None or not answer.settled),
        empty=not has_answers(current),
        trouble=trouble,
        token=sign_send(session_id, secret()),
    )


@bp.post("/s/send")
def send() -> Reply:
    """Send once; every further post sees the thank-you page."""
    known, browser = known_sitting()
    sitting = _held(known) if known.state == "open" else known
    if sitting.state != "open":
        return see(url_for("sending.done")) if sitting.state == "sent" else closed_page(sitting)
    current = current_answers(db.session(), sitting.visit_id)
    trouble = _not_sendable(browser, current)
    if trouble:
        require_words(sitting, browser.staff_id)
        return _review_page(sitting, browser.id, current, trouble), 422
    actor = Actor("staff", browser.staff_id) if browser.staff_id else Actor("patient", sitting.patient_id)
    submit(db.session(), db.session.get_one(Visit, sitting.visit_id), sitting.protocol, now=sitting.now, actor=actor)
    db.session.commit()
    return entered_page(sitting, browser) if browser.staff_id else see(url_for("sending.done"))


def _held(sitting: Sitting) -> Sitting:
    """Hold the visit and look once more: it may have been cancelled, closed or ended since the first look."""
    session = db.session()
    session.get_one(Visit, sitting.visit_id, with_for_update=True)
    stands = by_link(session.connection(), sitting.link_id, "")
    return replace(sitting, state=stands.state if stands else "over")


def _not_sendable(browser: Browser, current: Mapping[tuple[str, str], Current]) -> str | None:
    if not fits_send(request.form.get("token", ""), browser.id, secret()):
        return _("Nothing was sent yet. Press Send again.")
    return None if has_answers(current) else _("There is no answer to send yet. Answer a question first.")


@bp.get("/s/done")
def done() -> Reply:
    """Thank the patient and say what comes next."""
    sitting, browser = known_sitting()
    if sitting.state != "sent":
        return see(url_for("sending.review")) if sitting.state == "open" else closed_page(sitting)
    trends = own_trends(db.session(), sitting.episode_id) if sitting.protocol.patient_trend else ()
    ahead, choices = coming(db.session(), sitting), None if browser.kiosk else choices_url(sitting)
    return page("patient/thanks.html", sitting, ahead=ahead, trends=trends, choices=choices)


@bp.get("/s/consent")
def consent() -> Reply:
    """Show the patient's copy of what was agreed to."""
    sitting, _browser = known_sitting()
    patient = db.session.get_one(Patient, sitting.patient_id)
    given = participation(db.session(), patient)
    version, language = (given.version, given.language) if given else (sitting.protocol.consent_version, None)
    text = consent_text(version, language or sitting.language)
    day = local_date(given.given_at, ZoneInfo(patient.time_zone)) if given else None
    return page("patient/consent.html", sitting, consent=text, given=day)
