"""The questionnaire: one item per screen, review, send."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from flask import abort, request, url_for

from scoring.instrument import Item, load_instruments
from surveys.access.audit import Actor
from surveys.answering.answers import Current, current_answers
from surveys.answering.item_token import ItemToken, fits_send, read_item, sign_send
from surveys.answering.responses import submit
from surveys.answering.saving import Saved, save_answer, wording_read
from surveys.answering.sitting import Browser, Sitting, by_link, has_answers, next_visit
from surveys.db import autocommit, db, enter_clinic
from surveys.forms import AnswerError, ItemForm, read_level
from surveys.i18n import gettext as _
from surveys.i18n import speak
from surveys.models import Visit
from surveys.outcomes.own_trend import own_trends
from surveys.people.participation import consent_text
from surveys.views.guard import Reply
from surveys.views.item_page import address, from_review, item_page
from surveys.views.patient_page import (
    browser_token,
    closed_page,
    load_sitting,
    no_session,
    page,
    patient_blueprint,
    screen_url,
    secret,
    see,
)
from surveys.wordings import wording_for

bp = patient_blueprint("patient")
STATUS = {"save": "answered", "decline": "declined", "clear": "cleared"}


@bp.get("/s/<instrument>/<int:position>")
def item(instrument: str, position: int) -> Reply:
    """Show one item with its current answer."""
    found = load_sitting(instrument)
    if found is None:
        return no_session()
    sitting, browser = found
    if sitting.state != "open":
        return closed_page(sitting)
    screen = sitting.screen(instrument, position) or abort(404)
    return item_page(sitting, browser.respondent, screen)


@bp.post("/s/<instrument>/<int:position>")
def answer(instrument: str, position: int) -> Reply:
    """Store one answer and go to the next item."""
    form = ItemForm(request.form)
    token = read_item(form.token.data or "", secret())
    if token is None:
        return _unsigned(instrument, position)
    if (token.instrument, token.position) != (instrument, position):
        abort(400)
    enter_clinic(token.clinic_id)
    return _store(token, form)


def _store(token: ItemToken, form: ItemForm) -> Reply:
    wording = wording_read(token)
    if wording is None:
        trouble = _("The wording of this question has changed. Read it again and save your answer.")
        return _again(token, trouble, form.answer.data)
    speak(wording.language)
    trouble, level = _checked(load_instruments()[token.instrument].item(token.item), form)
    if trouble:
        return _again(token, trouble, form.answer.data)
    action = form.action.data or "save"
    with autocommit() as connection:
        saved = save_answer(connection, token, wording, STATUS[action], level, browser_token())
    return _go_on(saved, token, action) if saved.outcome == "saved" else _not_saved(token)


def _checked(item: Item, form: ItemForm) -> tuple[str, int | None]:
    """Return what is wrong, or nothing and the level."""
    if not form.validate():
        wrong = [text for texts in form.errors.values() for text in texts]
        return str(wrong[0]), None
    if form.action.data != "save":
        return "", None
    try:
        level = read_level(item, form.answer.data or "")
    except AnswerError as error:
        return str(error), None
    return ("", level) if level is not None else (_("Choose an answer, or say that you do not want to."), None)


def _go_on(saved: Saved, token: ItemToken, action: str) -> Reply:
    """Go on where the browser's session still fits; without one the answer is saved all the same."""
    if not saved.same_browser:
        sitting = _sitting_of(token)
        return page("patient/saved.html", sitting) if sitting else no_session()
    screens = saved.screens
    number = next(s.number for s in screens if (s.instrument, s.item.code) == (token.instrument, token.item))
    if action == "clear":
        return see(address(screens[number - 1]))
    if from_review() or number == len(screens):
        return see(url_for("patient.review"))
    return see(screen_url(screens[number]))


def _not_saved(token: ItemToken) -> Reply:
    """Say why: never with a status that sounds like success."""
    sitting = _sitting_of(token)
    if sitting is None:
        return no_session()
    return (page("patient/already_sent.html", sitting), 409) if sitting.state == "sent" else closed_page(sitting)


def _sitting_of(token: ItemToken) -> Sitting | None:
    with autocommit() as connection:
        return by_link(connection, token.link_id, token.instrument)


def _again(token: ItemToken, trouble: str, typed: str | None) -> Reply:
    """Show the item with what was typed and what is wrong with it."""
    sitting = _sitting_of(token)
    if sitting is None or sitting.state != "open":
        return _not_saved(token)
    screen = sitting.screen(token.instrument, token.position) or abort(404)
    return item_page(sitting, token.respondent, screen, trouble=trouble, typed=typed), 422


def _unsigned(instrument: str, position: int) -> Reply:
    """Save nothing without a valid token, but show the patient what was typed, ready to send again."""
    found = load_sitting(instrument)
    if found is None:
        return no_session()
    sitting, browser = found
    if sitting.state != "open":
        return closed_page(sitting)
    screen = sitting.screen(instrument, position) or abort(404)
    trouble, typed = _("This answer is not saved yet. Save it again."), request.form.get("answer", "")
    return item_page(sitting, browser.respondent, screen, trouble=trouble, typed=typed), 400


@bp.get("/s/review")
def review() -> Reply:
    """Show every answer with a way to change it."""
    found = load_sitting()
    if found is None:
        return no_session()
    sitting, browser = found
    if sitting.state != "open":
        return closed_page(sitting)
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
    found = load_sitting()
    if found is None:
        return no_session()
    sitting, browser = found
    if sitting.state != "open":
        return see(url_for("patient.done")) if sitting.state == "sent" else closed_page(sitting)
    current = current_answers(db.session(), sitting.visit_id)
    trouble = _not_sendable(browser, current)
    if trouble:
        return _review_page(sitting, browser.id, current, trouble), 422
    actor = Actor("patient", sitting.patient_id)
    submit(db.session(), db.session.get_one(Visit, sitting.visit_id), sitting.protocol, now=sitting.now, actor=actor)
    db.session.commit()
    return see(url_for("patient.done"))


def _not_sendable(browser: Browser, current: Mapping[tuple[str, str], Current]) -> str | None:
    if not fits_send(request.form.get("token", ""), browser.id, secret()):
        return _("Nothing was sent yet. Press Send again.")
    return None if has_answers(current) else _("There is no answer to send yet. Answer a question first.")


@bp.get("/s/done")
def done() -> Reply:
    """Thank the patient and say what comes next."""
    found = load_sitting()
    if found is None:
        return no_session()
    sitting = found[0]
    if sitting.state != "sent":
        return see(url_for("patient.review")) if sitting.state == "open" else closed_page(sitting)
    trends = own_trends(db.session(), sitting.episode_id) if sitting.protocol.patient_trend else ()
    return page("patient/thanks.html", sitting, following=next_visit(db.session(), sitting), trends=trends)


@bp.get("/s/consent")
def consent() -> Reply:
    """Show the patient's copy of what was agreed to."""
    found = load_sitting()
    if found is None:
        return no_session()
    sitting = found[0]
    text = consent_text(sitting.protocol.consent_version, sitting.language)
    return page("patient/consent.html", sitting, consent=text)
